import { Buffer } from 'node:buffer';
import { openQcow2 } from '@e2image/qcow2';
import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import {
  BLOCK,
  FILE_BLOCKS,
  METADATA,
  memoryJob,
  memoryOutput,
  sampleFilesystem,
  usedBlocks,
} from '../testing/memory-job.ts';
import { makeQcow2, measureQcow2 } from './make-qcow2.ts';

/** Make a QCOW2 image in memory, and open it. */
async function qcow2(line: string, { source = sampleFilesystem(), sink = new MemorySink() } = {}) {
  const { job, world } = await memoryJob(line, source);
  await makeQcow2(job, async () => memoryOutput(sink, 'stream'));
  const image = openQcow2(memorySource(sink.bytes));
  const disk = new Uint8Array(image.size);
  image.readAt(disk, 0);
  return { job, world, sink, image, disk, source };
}

/** Selected blocks that are not zeros. */
const stored = (bytes: Uint8Array, selected: readonly number[]): number[] =>
  usedBlocks(bytes).filter((block) => selected.includes(block));

describe('a QCOW2 image', () => {
  test.each([
    ['-Q dev img', METADATA],
    ['-Qa --select compat dev img', [...METADATA, ...FILE_BLOCKS]],
    ['-Q --cluster-size 4096 dev img', METADATA],
    ['-Q --cluster-size 65536 dev img', METADATA],
    ['-Q --compress zlib dev img', METADATA],
    ['-Q --compress zlib --level 1 --cluster-size 4096 dev img', METADATA],
    ['-Q --qcow2-version 3 dev img', METADATA],
  ])('of %s has the selected blocks as its disk, and zeros elsewhere', async (line, selected) => {
    const { disk, source } = await qcow2(line);
    expect(disk.length).toBe(source.bytes.length);
    expect(usedBlocks(disk)).toEqual(stored(source.bytes, selected));
    for (const block of usedBlocks(disk)) {
      const range = [block * BLOCK, (block + 1) * BLOCK] as const;
      expect(Buffer.compare(disk.subarray(...range), source.bytes.subarray(...range))).toBe(0);
    }
  });

  test('has clusters of the block size and version 2, which the C program can read', async () => {
    const { info } = (await qcow2('-Q dev img')).image;
    expect([info.clusterSize, info.header.version]).toEqual([BLOCK, 2]);
  });

  test('has clusters of 64 KiB when it is compressed', async () => {
    expect((await qcow2('-Q --compress zlib dev img')).image.info.clusterSize).toBe(65_536);
  });

  test.each(['-Q dev -', '-Q --compress zlib dev -'])('of %s is made by calls that only go forward', async (line) => {
    const sink = new MemorySink({ isSequential: true });
    const { disk } = await qcow2(line, { sink });
    const ends = sink.calls.map(({ offset, length }) => offset + length);
    expect(sink.calls.slice(1).every(({ offset }, i) => offset >= (ends[i] ?? Infinity))).toBe(true);
    expect(usedBlocks(disk)).toEqual(stored(sampleFilesystem().bytes, METADATA));
  });

  test('lists the blocks that could not be read', async () => {
    const source = sampleFilesystem();
    source.unreadable.add(40);
    const { image, job } = await qcow2('-Q dev img', { source });
    expect(image.info.unread).toEqual([{ offset: 40 * BLOCK, length: BLOCK }]);
    expect(job.findings.isIncomplete).toBe(true);
  });

  test('lists nothing when everything was read', async () => {
    expect((await qcow2('-Q dev img')).image.info.unread).toEqual([]);
  });
});

describe('measureQcow2', () => {
  test.each(['-Q dev -', '-Qa dev -', '-Q --compress zlib dev -', '-Q --compress zlib --cluster-size 4096 dev -'])(
    'of %s is the size that a pipe gets',
    async (line) => {
      const { sink } = await qcow2(line, { sink: new MemorySink({ isSequential: true }) });
      const { job } = await memoryJob(line);
      expect(await measureQcow2(job)).toBe(sink.bytes.length);
    },
  );

  test('says that it compresses, as that takes long', async () => {
    const { job, world } = await memoryJob('-Q --compress zlib dev -');
    await measureQcow2(job);
    expect(world.said.stderr).toBe('e2image: compressing once to measure\n');
  });
});

test('the least cluster size is named when a smaller one is asked for', async () => {
  // 2 TiB: with clusters of 512 bytes the L1 table would be larger than QEMU takes.
  const blocks = 2 ** 31;
  const { job } = await memoryJob('-Q --cluster-size 512 dev img');
  const fs = Object.create(job.fs, { blocksCount: { value: blocks } });
  await expect(makeQcow2({ ...job, fs }, async () => memoryOutput(new MemorySink()))).rejects.toThrow(
    /^cluster size: 512 bytes are too few for 2199023255552 bytes, the least is \d+$/,
  );
});
