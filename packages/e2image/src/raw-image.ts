import { type BlockRun, BlockSet, type Filesystem, type WalkOptions, withoutRuns } from '@e2image/ext-core';
import { copyRuns, type Sink, type Source } from '@e2image/sparse-io';
import { byteRuns } from './image-runs.ts';

/** What a raw image is made from and where it goes; all of it opened, checked and the caller's to close. */
export interface RawJob {
  readonly fs: Filesystem;
  /** The bytes of the file system, as they are to be saved. */
  readonly source: Source;
  readonly sink: Sink;
  readonly walk: WalkOptions;
  /** Finds the blocks that the image is to have. */
  readonly select: (walk: WalkOptions) => Promise<BlockSet>;
  /** Byte of the target where the image begins. */
  readonly targetOffset: number;
  /** Whether `source` gives the bytes as they are on the disk, so that those the walk has read may be written. */
  readonly isPlain: boolean;
  /** Told when all selected blocks are known, and then how many of them are done. */
  readonly onSelected?: (total: number) => Promise<void> | void;
  readonly onProgress?: (done: number) => void;
  /** Blocks that the target has already: the rest of an interrupted run. */
  readonly done?: BlockSet;
  /** Called now and then while copying, when all that was read has been written. */
  readonly checkpoint?: () => Promise<void>;
  /** Called when all is written, before the image gets its name. */
  readonly onCopied?: (selected: BlockSet) => Promise<void> | void;
}

/** Bytes between two checkpoints. */
const CHECKPOINT_BYTES = 1 << 30;

/** Write the selected blocks at their own places, and fix the length at that of the file system. */
export async function writeRawImage(job: RawJob): Promise<void> {
  const { fs, source, sink, targetOffset } = job;
  const written = new BlockSet();
  const onTable = (bytes: Uint8Array, block: number): void => {
    sink.writeAt(bytes, targetOffset + block * fs.blockSize);
    written.add(block, bytes.length / fs.blockSize);
  };
  // Inode tables are most of a metadata image, and the walk has their bytes at hand: written then, they are read once.
  const isDirect = job.isPlain && !sink.sequential;
  const selected = await job.select(isDirect ? { ...job.walk, onTable, tableBuffer: sink.buffer?.() } : job.walk);
  await job.onSelected?.(selected.size);
  const rest = (): Iterable<BlockRun> => withoutRuns(selected, job.done ?? written);
  // Counting costs a step for each run: only where somebody looks.
  let copied = job.onProgress ? selected.size - blocksOf(rest()) : 0;
  for (const runs of job.checkpoint ? portions(rest(), CHECKPOINT_BYTES / fs.blockSize) : [rest()]) {
    const before = copied;
    const { data, holes } = await copyRuns(source, sink, {
      runs: byteRuns(fs, runs),
      sinkOffset: targetOffset,
      onProgress: (bytes) => job.onProgress?.(before + Math.floor(bytes / fs.blockSize)),
    });
    copied += (data + holes) / fs.blockSize;
    await job.checkpoint?.();
  }
  await job.onCopied?.(selected);
  await sink.finish(targetOffset + fs.blocksCount * fs.blockSize);
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
