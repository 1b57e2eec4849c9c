import { Buffer } from 'node:buffer';
import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import {
  BLOCK,
  BLOCKS,
  FILE_BLOCKS,
  METADATA,
  memoryJob,
  memoryTarget,
  sampleFilesystem,
  usedBlocks,
} from '../testing/memory-job.ts';
import { makeRaw } from './make-raw.ts';

/** Make a raw image in memory. */
async function raw(line: string, { source = sampleFilesystem(), sink = new MemorySink(), isBlockDevice = false } = {}) {
  const { job, world } = await memoryJob(line, source);
  await makeRaw(job, async () => memoryTarget(sink, { isBlockDevice, equalBlocks: () => 7 }));
  return { job, world, sink, source };
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The bytes of these blocks at their positions, and zeros elsewhere. */
function only(bytes: Uint8Array, blocks: readonly number[]): Uint8Array {
  const image = new Uint8Array(bytes.length);
  for (const block of blocks) {
    const at = block * BLOCK;
    image.set(bytes.subarray(at, at + BLOCK), at);
  }
  return image;
}

describe('a raw image', () => {
  test('has the metadata at its positions, and is as long as the file system', async () => {
    const { sink, source } = await raw('-r dev img');
    expect(sink.state).toBe('finished');
    expect(isEqual(sink.bytes, only(source.bytes, METADATA))).toBe(true);
  });

  test('has the files too with -a, and no free block', async () => {
    const { sink, source } = await raw('-ra --select compat dev img');
    expect(isEqual(sink.bytes, only(source.bytes, [...METADATA, ...FILE_BLOCKS]))).toBe(true);
  });

  test('begins where -O says, and reads the file system where -o says', async () => {
    const { bytes } = sampleFilesystem();
    const disk = new Uint8Array(4096 + bytes.length);
    disk.set(bytes, 4096);
    const sink = new MemorySink();
    const { job } = await memoryJob('-r -o 4096 -O 512 dev img', memorySource(disk));
    await makeRaw(job, async () => memoryTarget(sink));
    expect(sink.bytes.length).toBe(512 + bytes.length);
    expect(isEqual(sink.bytes.subarray(512), only(bytes, METADATA))).toBe(true);
  });

  test('is the same on a sink that goes forward only, in ascending calls', async () => {
    const { sink, source } = await raw('-r dev -', { sink: new MemorySink({ isSequential: true }) });
    expect(isEqual(sink.bytes, only(source.bytes, METADATA))).toBe(true);
    const ends = sink.calls.map(({ offset, length }) => offset + length);
    expect(sink.calls.slice(1).every(({ offset }, i) => offset >= (ends[i] ?? Infinity))).toBe(true);
  });

  test('writes each inode table once, where it is written during the walk', async () => {
    const { sink } = await raw('-r dev img');
    const writes = sink.calls.filter(({ kind }) => kind === 'write');
    expect(writes.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(METADATA.length * BLOCK);
  });

  test('names unreadable blocks, and has zeros for them', async () => {
    const source = sampleFilesystem();
    source.unreadable.add(40).add(51);
    const { job, sink } = await raw('-ra --select compat dev img', { source });
    expect(sink.bytes.subarray(51 * BLOCK, 52 * BLOCK)).toEqual(new Uint8Array(BLOCK));
    expect(job.findings.isIncomplete).toBe(true);
    expect(job.findings.unread.first.map(({ start, count }) => ({ start, count }))).toEqual([
      { start: 40, count: 1 },
      { start: 51, count: 1 },
    ]);
  });

  test('of a source that ends early has zeros for the rest, and says where it ended', async () => {
    const { bytes } = sampleFilesystem();
    const sink = new MemorySink();
    const { job } = await memoryJob('-ra dev img', memorySource(bytes.slice(0, 290 * BLOCK)));
    await makeRaw(job, async () => memoryTarget(sink));
    expect(sink.bytes.length).toBe(bytes.length);
    expect(job.findings.unread.first).toEqual([
      { start: 300, count: 2, reason: `the source ends at byte ${290 * BLOCK}` },
    ]);
  });

  test('hides names with -s, and leaves everything else at its position', async () => {
    const { sink, source } = await raw('-rs dev img');
    const text = new TextDecoder('latin1').decode(sink.bytes);
    expect(new TextDecoder('latin1').decode(source.bytes)).toContain('secret');
    expect(text).not.toContain('secret');
    expect(usedBlocks(sink.bytes)).toEqual(usedBlocks(only(source.bytes, METADATA)));
  });
});

describe('makeRaw', () => {
  test('prints with -c how many blocks were equal, and is silent without it', async () => {
    expect((await raw('-rc dev img')).world.said.stdout).toBe('7 blocks already contained the data to be copied\n');
    expect((await raw('-r dev img')).world.said.stdout).toBe('');
  });

  test('shows with -p the lines of the C program', async () => {
    const { world } = await raw('-rp dev img');
    expect(world.said.stderr).toMatch(/^Scanning inodes\.\.\.\nCopying 0 \/ \d+ blocks/);
    expect(world.said.stderr).toMatch(/Copied (\d+) \/ \1 blocks \(100%\) in 00:00:00/);
  });

  test('counts the selected blocks in the last line', async () => {
    const { world } = await raw('-rap --select compat dev img');
    expect(world.said.stderr).toContain(`${METADATA.length + FILE_BLOCKS.length} / `);
  });

  test('aborts the output, and says which file, when a write fails', async () => {
    const sink = new MemorySink({ isSequential: true });
    sink.writeAt = () => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
    };
    await expect(raw('-r dev img', { sink })).rejects.toThrow('No space left on device while writing img');
    expect(sink.state).toBe('aborted');
  });

  test('copies whole inode tables to a block device', async () => {
    const source = sampleFilesystem();
    const sink = new MemorySink({ old: new Uint8Array(BLOCKS * BLOCK).fill(0xee) });
    await raw('-r dev img', { source, sink, isBlockDevice: true });
    for (const block of METADATA) {
      const at = block * BLOCK;
      expect(sink.bytes.subarray(at, at + BLOCK)).toEqual(source.bytes.subarray(at, at + BLOCK));
    }
    expect(sink.bytes.subarray(50 * BLOCK, 51 * BLOCK)).toEqual(new Uint8Array(BLOCK).fill(0xee));
  });
});
