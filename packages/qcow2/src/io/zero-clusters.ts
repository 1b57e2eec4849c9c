import { Buffer } from 'node:buffer';
import type { ClusterRuns } from '../base/cluster-runs.ts';

/** Finds the clusters that hold only zeros. */
export class ZeroClusters {
  readonly #zeros: Uint8Array;

  constructor(clusterSize: number) {
    this.#zeros = new Uint8Array(clusterSize);
  }

  /** Whether cluster `index` of `bytes` holds only zeros. */
  has(bytes: Uint8Array, index: number): boolean {
    const size = this.#zeros.length;
    const start = index * size;
    // Most data differs at once, and this test makes no view. `Buffer.compare` is the fastest for the others.
    if (bytes[start] !== 0) return false;
    return Buffer.compare(bytes.subarray(start, start + size), this.#zeros) === 0;
  }

  /** Add those clusters of `bytes` to `found` that hold something else. @param first guest number of the first one */
  collect(bytes: Uint8Array, first: number, found: ClusterRuns): void {
    const count = bytes.length / this.#zeros.length;
    for (let start = 0; start < count; ) {
      const end = this.#endOfData(bytes, start, count);
      if (end > start) found.push(first + start, end - start);
      start = end + 1;
    }
  }

  /**
   * Move the other clusters of `bytes` to its front.
   *
   * @param first guest number of the first cluster; the numbers of those kept are added to `kept`
   * @returns how many were kept
   */
  squeeze(bytes: Uint8Array, first: number, kept: ClusterRuns): number {
    const size = this.#zeros.length;
    const count = bytes.length / size;
    let keptCount = 0;
    for (let start = 0; start < count; ) {
      const end = this.#endOfData(bytes, start, count);
      if (end > start) kept.push(first + start, end - start);
      if (keptCount < start) bytes.copyWithin(keptCount * size, start * size, end * size);
      keptCount += end - start;
      start = end + 1;
    }
    return keptCount;
  }

  /** The first cluster of zeros from cluster `start` on; `count` when no cluster is. */
  #endOfData(bytes: Uint8Array, start: number, count: number): number {
    let end = start;
    while (end < count && !this.has(bytes, end)) end++;
    return end;
  }
}
