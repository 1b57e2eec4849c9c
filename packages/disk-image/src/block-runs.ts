import type { ClusterRun } from '@e2image/qcow2';
import type { ByteRange } from '@e2image/sparse-io';

/** Blocks `[start, start + count)`. */
interface BlockRun {
  readonly start: number;
  readonly count: number;
}

/** Runs of blocks of `blockSize` bytes as runs of bytes. */
export function* byteRuns(runs: Iterable<BlockRun>, blockSize: number): Generator<ByteRange> {
  for (const { start, count } of runs) yield { offset: start * blockSize, length: count * blockSize };
}

/** Sizes in bytes, and where to begin. */
interface ClusterRunOptions {
  readonly blockSize: number;
  readonly clusterSize: number;
  /** Clusters before this one are left out. Default 0. */
  readonly firstCluster?: number;
}

/**
 * The clusters that contain blocks of the runs, ascending and disjoint.
 *
 * @param runs ascending
 */
export function* clusterRuns(
  runs: Iterable<BlockRun>,
  { blockSize, clusterSize, firstCluster = 0 }: ClusterRunOptions,
): Generator<ClusterRun> {
  let done = firstCluster;
  for (const { start, count } of runs) {
    const first = Math.max(done, Math.floor((start * blockSize) / clusterSize));
    const end = Math.ceil(((start + count) * blockSize) / clusterSize);
    if (end > first) yield { start: first, count: end - first };
    done = Math.max(done, end);
  }
}
