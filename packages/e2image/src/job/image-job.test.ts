import { join } from 'node:path';
import { memorySource, tempFolder } from '@e2image/sparse-io/testing';
import { BLOCK, memoryJob, sampleFilesystem } from '../testing/memory-job.ts';

describe('openJob', () => {
  test('passes on what the plan selects', async () => {
    const { job } = await memoryJob('-ra dev img');
    expect(job.walk).toMatchObject({ selection: 'complete', allData: true });
    expect((await memoryJob('-r dev img')).job.walk).toMatchObject({ selection: 'compat', allData: false });
  });

  test.each([
    ['-r dev img', true],
    ['-rn dev img', false],
    ['-rs dev img', false],
  ])('%s: the bytes of the disk may be written as they are: %s', async (line, isPlain) => {
    expect((await memoryJob(line)).job.isPlain).toBe(isPlain);
  });

  test('with a mapfile every block goes through the record, but not in a dry run', async () => {
    using folder = tempFolder();
    const map = join(folder.path, 'map');
    const { job } = await memoryJob(`-r --mapfile ${map} dev -`);
    expect([job.rescue?.path, job.isPlain]).toEqual([map, false]);
    expect((await memoryJob(`-rn --mapfile ${map} dev -`)).job.rescue).toBeUndefined();
  });

  test('finds the file system at -o', async () => {
    const { bytes } = sampleFilesystem();
    const disk = new Uint8Array(512 + bytes.length);
    disk.set(bytes, 512);
    const { job } = await memoryJob('-r -o 512 dev img', memorySource(disk));
    const block = new Uint8Array(BLOCK);
    job.source.readAt(block, 50 * BLOCK);
    expect(new Set(block)).toEqual(new Set([50]));
  });

  test('reads an unreadable block as zeros, and reports its number and reason', async () => {
    const source = sampleFilesystem();
    source.unreadable.add(51);
    const { job } = await memoryJob('-r dev img', source);
    const bytes = new Uint8Array(3 * BLOCK);
    job.source.readAt(bytes, 50 * BLOCK);
    expect([0, 1, 2].map((block) => bytes[block * BLOCK])).toEqual([50, 0, 52]);
    expect(job.findings.unread.first).toEqual([{ start: 51, count: 1, reason: expect.any(String) }]);
  });

  test('reports what is missing of a source that ends inside a block', async () => {
    const end = 300 * BLOCK + 100;
    const { job } = await memoryJob('-r dev img', memorySource(sampleFilesystem().bytes.slice(0, end)));
    const bytes = new Uint8Array(2 * BLOCK);
    job.source.readAt(bytes, 300 * BLOCK);
    expect([bytes[99], bytes[100]]).toEqual([300 % 256, 0]);
    expect(job.findings.unread.first).toEqual([{ start: 300, count: 2, reason: `the source ends at byte ${end}` }]);
  });

  test('hides names with -s, and warns that -a has file contents', async () => {
    const { job, world } = await memoryJob('-ras dev img');
    const root = new Uint8Array(BLOCK);
    job.source.readAt(root, 40 * BLOCK);
    expect(new TextDecoder('latin1').decode(root)).not.toContain('secret');
    expect(world.said.stderr).toContain('warning: with -a file contents are in the image, and they are not hidden\n');
    expect((await memoryJob('-rs dev img')).world.said.stderr).not.toContain('file contents');
  });
});
