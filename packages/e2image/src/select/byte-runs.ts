import type { BlockRun } from '@e2image/ext-core/walk';
import type { ByteRange } from '@e2image/sparse-io';

/** Runs of blocks of `blockSize` bytes as runs of bytes. */
export function* byteRuns(runs: Iterable<BlockRun>, blockSize: number): Generator<ByteRange> {
  for (const { start, count } of runs) yield { offset: start * blockSize, length: count * blockSize };
}
