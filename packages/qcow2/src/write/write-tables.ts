import type { ClusterRun } from '../base/cluster-runs.ts';
import type { Staging } from '../io/staging.ts';
import type { Turn } from '../io/turn.ts';
import type { FrontLayout } from './front-layout.ts';
import { l1Clusters, type ReferenceRun, refcountBlockClusters, refcountTableClusters } from './table-clusters.ts';

/** The tables of one image: positions, and what goes there. */
export interface TableContent {
  readonly clusterBits: number;
  readonly layout: FrontLayout;
  /** Refcount blocks that are needed: at most as many as the layout has room for; the rest stays free. */
  readonly refcountBlocks: number;
  readonly tables: Iterable<ClusterRun>;
  readonly references: Iterable<ReferenceRun>;
  /** One cluster per table, in order; at most as many as the layout has room for. */
  readonly l2: Iterable<Uint8Array>;
}

/** Write L1 table, refcount table, refcount blocks and L2 tables at their offsets, which ascend. */
export async function writeTables(staging: Staging, content: TableContent, turn: Turn): Promise<void> {
  const { layout, refcountBlocks } = content;
  await putClusters(staging, l1Clusters(content.tables, layout), layout.l1Offset, turn);
  await putClusters(staging, refcountTableClusters(refcountBlocks, layout), layout.refcountTableOffset, turn);
  const blocks = refcountBlockClusters(content.references, refcountBlocks, content.clusterBits);
  await putClusters(staging, blocks, layout.refcountBlocksOffset, turn);
  await putClusters(staging, content.l2, layout.l2Offset, turn);
}

async function putClusters(staging: Staging, clusters: Iterable<Uint8Array>, start: number, turn: Turn): Promise<void> {
  let offset = start;
  for (const cluster of clusters) {
    await staging.put(cluster, offset);
    offset += cluster.length;
    const rest = turn.take();
    if (rest !== undefined) await rest;
  }
}
