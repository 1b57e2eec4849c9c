import type { Filesystem } from '@e2image/ext-core';
import type { BlockRun } from '@e2image/ext-core/walk';
import type { ByteRange } from '@e2image/sparse-io';

/** Runs of blocks as runs of bytes. */
export function* byteRuns(fs: Filesystem, runs: Iterable<BlockRun>): Generator<ByteRange> {
  for (const { start, count } of runs) yield { offset: start * fs.blockSize, length: count * fs.blockSize };
}
