import { Buffer } from 'node:buffer';
import { BlockSet } from '@e2image/ext-core/walk';
import { MemorySink } from '@e2image/sparse-io/testing';
import fc from 'fast-check';
import { SelectedBlocks } from '../select/selected-blocks.ts';
import { BLOCK, BLOCKS, memoryJob, sampleFilesystem, usedBlocks } from '../testing/memory-job.ts';
import { WindowSet } from '../testing/window-set.ts';
import { type RawJob, writeRawImage } from './raw-image.ts';

/** Write these blocks of the sample, in windows of `perWindow` blocks. */
async function write(blocks: readonly number[], perWindow: number, change: Partial<RawJob> = {}) {
  const { job } = await memoryJob('-r dev img', sampleFilesystem());
  const sink = new MemorySink();
  const raw: RawJob = {
    fs: job.fs,
    source: job.source,
    sink,
    walk: job.walk,
    select: () => ({ windows: () => windowsOf(blocks, perWindow) }),
    targetOffset: 0,
    isPlain: false,
    ...change,
  };
  await writeRawImage(raw);
  return sink;
}

async function* windowsOf(blocks: readonly number[], perWindow: number): AsyncGenerator<BlockSet> {
  for (let from = 0; from < BLOCKS; from += perWindow) {
    yield new WindowSet(from, from + perWindow, blocks);
  }
}

const setOf = (blocks: readonly number[]): BlockSet => {
  const set = new BlockSet();
  for (const block of blocks) set.add(block);
  return set;
};

describe('writeRawImage', () => {
  test('writes the selected blocks and no others, however they come in windows', async () => {
    const { bytes } = sampleFilesystem();
    const used = new Set(usedBlocks(bytes));
    const block = fc.nat(BLOCKS - 1);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(block, { maxLength: 80 }),
        fc.integer({ min: 20, max: BLOCKS }),
        async (...drawn) => {
          const [blocks, perWindow] = drawn;
          const image = (await write(blocks, perWindow)).bytes;
          expect(image.length).toBe(bytes.length);
          expect(usedBlocks(image)).toEqual(blocks.filter((one) => used.has(one)).sort((a, b) => a - b));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('leaves out the blocks that an earlier run wrote', async () => {
    const sink = await write([50, 51, 52, 60], BLOCKS, { done: setOf([51, 60]) });
    expect(usedBlocks(sink.bytes)).toEqual([50, 52]);
  });

  test('reports how many blocks there are, and how many are done', async () => {
    const totals: number[] = [];
    const done: number[] = [];
    await write([50, 51, 52, 60, 300, 301], 257, {
      onSelected: (total) => void totals.push(total),
      onProgress: (count) => void done.push(count),
    });
    expect(totals.at(-1)).toBe(6);
    expect(done.at(-1)).toBe(6);
    expect([...done].sort((a, b) => a - b)).toEqual(done);
  });

  test('estimates the total while only a part of the windows is known', async () => {
    const totals: number[] = [];
    await write([50, 51, 52, 60], 256, { onSelected: (total) => void totals.push(total) });
    expect(totals[0]).toBe(Math.floor(4 * (BLOCKS / 256)));
    expect(totals.at(-1)).toBe(4);
  });

  test('calls for a checkpoint after it wrote, and for the record before it finishes', async () => {
    const calls: string[] = [];
    const sink = new MemorySink();
    const finish = sink.finish.bind(sink);
    sink.finish = async (size) => {
      calls.push('finish');
      await finish(size);
    };
    await write([50], BLOCKS, {
      sink,
      checkpoint: async () => void calls.push(`checkpoint after ${usedBlocks(sink.bytes)}`),
      onCopied: () => void calls.push('copied'),
    });
    expect(calls).toEqual(['checkpoint after 50', 'copied', 'finish']);
  });

  test.each([[true], [false]])('gives the same image when tables are written during the walk: %s', async (isPlain) => {
    const { job } = await memoryJob('-ra dev img');
    const sink = new MemorySink();
    await writeRawImage({
      ...job,
      sink,
      select: (walk) => new SelectedBlocks(job.fs, { walk }),
      targetOffset: 512,
      isPlain,
    });
    const { bytes } = sampleFilesystem();
    bytes.fill(0, 70 * BLOCK, 71 * BLOCK);
    expect(Buffer.compare(sink.bytes.subarray(512), bytes)).toBe(0);
  });
});
