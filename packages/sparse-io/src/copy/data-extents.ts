import type { Extent } from '../base/types.ts';

/** A run of block numbers `[start, start + count)`; `count` is greater than zero. */
export interface BlockRun {
  readonly start: number;
  readonly count: number;
}

/** How to cut an image. */
export interface ExtentOptions {
  /** Bytes per block. */
  readonly blockSize: number;
  /** Total bytes; the last block may be short. */
  readonly size: number;
  /** Longest data run to yield, in bytes: a multiple of blockSize. Default: as long as the run is. */
  readonly maxData?: number;
}

/**
 * Cut an image into runs of data and holes, in order, from the runs of blocks that hold data.
 *
 * Work is proportional to the number of runs, never to the size of the image: a 15 TiB image with ten runs takes ten
 * steps. The result tiles `[0, size)` exactly: no gap, no overlap, no empty run, no two holes in a row.
 *
 * @param runs ascending and disjoint; touching runs are allowed, blocks beyond `size` are ignored
 */
export function* dataExtents(runs: Iterable<BlockRun>, options: ExtentOptions): Generator<Extent> {
  const { blockSize, size, maxData = Infinity } = options;
  let done = 0;
  for (const { start, count } of runs) {
    const from = start * blockSize;
    const to = Math.min(from + count * blockSize, size);
    if (from >= to) break;
    if (from > done) yield { kind: 'hole', offset: done, length: from - done };
    for (let offset = from; offset < to; offset += maxData) {
      yield { kind: 'data', offset, length: Math.min(maxData, to - offset) };
    }
    done = to;
  }
  if (size > done) yield { kind: 'hole', offset: done, length: size - done };
}
