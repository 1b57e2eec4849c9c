/** Clusters counted in one pass over an image: 64 MiB of counts at most. */
export const WINDOW_CLUSTERS = 2 ** 24;
/** Counts are allocated in blocks of this many, when the first of them is used. */
const CHUNK = 4096;
const MAX_COUNT = 0xffff_ffff;

/** Counts references to the clusters of a window, and remembers the first referenced cluster after it. */
export interface ReferenceCounter {
  /** First cluster of the window. */
  readonly start: number;
  /** Count `times` references to each cluster of host bytes `[offset, offset + length)`. */
  add(offset: number, length: number, times: number): void;
  /** References to a cluster of the window. */
  count(cluster: number): number;
  /** The first cluster of the window from `cluster` on that may have references; Infinity: none has. */
  nextUsed(cluster: number): number;
  /** The lowest cluster after the window that has references; Infinity: none. */
  firstBehind(): number;
}

/** A counter for `WINDOW_CLUSTERS` clusters from `start` on. */
export function referenceCounter(start: number, clusterSize: number): ReferenceCounter {
  const chunks: (Uint32Array | undefined)[] = [];
  const end = start + WINDOW_CLUSTERS;
  let behind = Number.POSITIVE_INFINITY;
  return {
    start,
    add(offset, length, times) {
      const last = Math.floor((offset + length - 1) / clusterSize);
      if (last >= end) behind = Math.min(behind, Math.max(end, Math.floor(offset / clusterSize)));
      for (let c = Math.max(start, Math.floor(offset / clusterSize)); c <= last && c < end; c++) {
        const index = c - start;
        chunks[Math.floor(index / CHUNK)] ??= new Uint32Array(CHUNK);
        const chunk = chunks[Math.floor(index / CHUNK)];
        if (chunk === undefined) return;
        chunk[index % CHUNK] = Math.min(MAX_COUNT, (chunk[index % CHUNK] ?? 0) + times);
      }
    },
    count(cluster) {
      const index = cluster - start;
      return chunks[Math.floor(index / CHUNK)]?.[index % CHUNK] ?? 0;
    },
    nextUsed(cluster) {
      let chunk = Math.floor((cluster - start) / CHUNK);
      if (chunks[chunk] !== undefined) return cluster;
      while (chunk < chunks.length && chunks[chunk] === undefined) chunk++;
      return chunk < chunks.length ? start + chunk * CHUNK : Number.POSITIVE_INFINITY;
    },
    firstBehind: () => behind,
  };
}
