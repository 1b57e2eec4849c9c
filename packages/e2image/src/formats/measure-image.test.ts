import { memoryJob, sampleFilesystem } from '../testing/memory-job.ts';
import { measureImage } from './measure-image.ts';

const { length } = sampleFilesystem().bytes;

test.each([
  ['-r --measure dev', length],
  ['-r --measure -O 4096 dev', length + 4096],
  ['-ra --measure dev', length],
])('the size of %s is %d: a raw image ends with the file system', async (line, size) => {
  expect(await measureImage((await memoryJob(line)).job)).toBe(size);
});

test('a QCOW2 image of metadata is smaller than its file system, and one with -a is larger than that', async () => {
  const metadata = await measureImage((await memoryJob('-Q --measure dev')).job);
  const all = await measureImage((await memoryJob('-Qa --measure dev')).job);
  expect(metadata).toBeLessThan(length);
  expect(all).toBeGreaterThan(metadata);
});

test('a normal image holds header, superblock, descriptors, tables and bitmaps', async () => {
  const size = await measureImage((await memoryJob('--measure dev')).job);
  expect(size).toBeGreaterThan(2 * 4 * 1024);
  expect(size).toBeLessThan(20 * 1024);
});
