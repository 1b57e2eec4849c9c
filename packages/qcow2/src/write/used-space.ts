import type { ClusterRuns } from '../base/cluster-runs.ts';
import { refcountsPerBlock } from '../format/refcount.ts';
import { countTables, type FrontLayout, REFCOUNT_ORDER } from './front-layout.ts';

/** What of a layout is really used, once it is known what is stored. */
export interface UsedSpace {
  readonly refcountBlocks: number;
  readonly l2Tables: number;
  /** Bytes of the image. */
  readonly bytes: number;
  /** Clusters of the image that stay free. */
  readonly freeClusters: number;
}

/**
 * The part of a layout that is used when it was made for at least as much as is stored.
 *
 * @param dataBytes bytes of the data part that are used: whole clusters
 */
export function usedSpace(
  layout: FrontLayout,
  { clusterBits, stored, dataBytes }: { clusterBits: number; stored: ClusterRuns; dataBytes: number },
): UsedSpace {
  const { clusterSize } = layout;
  const l2Tables = countTables(stored, clusterBits);
  const dataClusters = dataBytes / clusterSize;
  if (l2Tables === layout.l2Tables && dataClusters === layout.dataClusters) {
    // The layout is for exactly this. It may have one block more than its clusters need, which is then in use, too.
    return { refcountBlocks: layout.refcountBlocks, l2Tables, bytes: layout.totalBytes, freeClusters: 0 };
  }
  const end = layout.dataOffset / clusterSize + dataClusters;
  const refcountBlocks = Math.ceil(end / refcountsPerBlock(clusterBits, REFCOUNT_ORDER));
  // Without data the image ends with its last refcount block.
  if (dataClusters === 0) {
    return {
      refcountBlocks,
      l2Tables,
      bytes: layout.refcountBlocksOffset + refcountBlocks * clusterSize,
      freeClusters: 0,
    };
  }
  const freeClusters = layout.refcountBlocks - refcountBlocks + layout.l2Tables - l2Tables;
  return { refcountBlocks, l2Tables, bytes: end * clusterSize, freeClusters };
}
