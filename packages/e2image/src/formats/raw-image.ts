import { byteRuns } from '@e2image/disk-image';
import type { Filesystem } from '@e2image/ext-core';
import { type BlockRun, BlockSet, type WalkOptions, withoutRuns } from '@e2image/ext-core/walk';
import { copyRuns, type Sink, type Source } from '@e2image/sparse-io';
import type { SelectedBlocks } from '../select/selected-blocks.ts';

/** What a raw image is made from and where it goes. Everything is open and checked; the caller closes it. */
export interface RawJob {
  readonly fs: Filesystem;
  /** The bytes of the file system, as they must be saved. */
  readonly source: Source;
  readonly sink: Sink;
  readonly walk: WalkOptions;
  /** Gives the blocks that the image must have, found by this walk. */
  readonly select: (walk: WalkOptions) => Pick<SelectedBlocks, 'windows'>;
  /** Byte of the target where the image begins. */
  readonly targetOffset: number;
  /** Whether `source` gives the bytes as they are on the disk, so that bytes that the walk has read may be written. */
  readonly isPlain: boolean;
  /** Called with the number of blocks to copy: an estimate, until the last window is known. */
  readonly onSelected?: (total: number) => Promise<void> | void;
  /** Called with the number of blocks done. */
  readonly onProgress?: (done: number) => void;
  /** Blocks that the target has already, from an interrupted run. */
  readonly done?: BlockSet;
  /** Called from time to time while copying, when everything that was read has been written. */
  readonly checkpoint?: () => Promise<void>;
  /** Called when everything is written, before the image gets its name. */
  readonly onCopied?: () => Promise<void> | void;
}

/** Bytes of memory for what was written during the walk: two million scattered tables at least. */
const WRITTEN_BYTES = 32 * 1024 * 1024;
/** Bytes between two checkpoints. */
const CHECKPOINT_BYTES = 1 << 30;

/** Write each selected block at its own position, and make the image as long as the file system. */
export async function writeRawImage(job: RawJob): Promise<void> {
  const { fs, sink, targetOffset } = job;
  // When it is full it drops blocks, and these are written a second time.
  const written = new BlockSet({ maxBytes: WRITTEN_BYTES, whenFull: 'cut' });
  const onTable = (bytes: Uint8Array, block: number): void => {
    sink.writeAt(bytes, targetOffset + block * fs.blockSize);
    written.add(block, bytes.length / fs.blockSize);
  };
  // Inode tables are most of a metadata image. Written during the walk, which has their bytes in memory, they are read once.
  const isDirect = job.isPlain && !sink.isSequential;
  const selected = job.select(isDirect ? { ...job.walk, onTable, tableBuffer: sink.buffer?.() } : job.walk);
  let copied = 0;
  for await (const window of selected.windows()) {
    const size = job.onSelected ? window.size : 0;
    await job.onSelected?.(copied + Math.floor(size * (fs.blocksCount / Math.min(window.end, fs.blocksCount))));
    await copyWindow(job, { window, written: job.done ?? written }, copied);
    copied += size;
  }
  await job.onSelected?.(copied);
  await job.onCopied?.();
  await sink.finish(targetOffset + fs.blocksCount * fs.blockSize);
}

/** @param done blocks of the windows before this one */
async function copyWindow(
  job: RawJob,
  { window, written }: { readonly window: BlockSet; readonly written: BlockSet },
  done: number,
): Promise<void> {
  const { fs, source, sink, targetOffset } = job;
  const rest = (): Iterable<BlockRun> => withoutRuns(window, written);
  // Counting costs a step for each run: do it only when progress is shown.
  let copied = job.onProgress ? done + window.size - blocksOf(rest()) : 0;
  for (const runs of job.checkpoint ? portions(rest(), CHECKPOINT_BYTES / fs.blockSize) : [rest()]) {
    const before = copied;
    const { data, holes } = await copyRuns(source, sink, {
      runs: byteRuns(runs, fs.blockSize),
      sinkOffset: targetOffset,
      onProgress: (bytes) => job.onProgress?.(before + Math.floor(bytes / fs.blockSize)),
    });
    copied += (data + holes) / fs.blockSize;
    await job.checkpoint?.();
  }
}

function blocksOf(runs: Iterable<BlockRun>): number {
  let total = 0;
  for (const { count } of runs) total += count;
  return total;
}

/** The runs, cut into portions of at most `size` blocks. */
function* portions(runs: Iterable<BlockRun>, size: number): Generator<BlockRun[]> {
  let portion: BlockRun[] = [];
  let room = size;
  for (const run of runs) {
    for (let { start, count } = run; count > 0; ) {
      const taken = Math.min(count, room);
      portion.push({ start, count: taken });
      start += taken;
      count -= taken;
      room -= taken;
      if (room > 0) continue;
      yield portion;
      portion = [];
      room = size;
    }
  }
  if (portion.length > 0) yield portion;
}
