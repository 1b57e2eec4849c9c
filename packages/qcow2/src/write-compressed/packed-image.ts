import { type ClusterRuns, touchedTables } from '../base/cluster-runs.ts';
import type { Staging } from '../io/staging.ts';
import type { Turn } from '../io/turn.ts';
import { type FrontLayout, standardGeometry } from '../write/front-layout.ts';
import { l2Clusters, type ReferenceRun } from '../write/table-clusters.ts';
import { type UsedSpace, usedSpace } from '../write/used-space.ts';
import { writeTables } from '../write/write-tables.ts';
import { type PackedData, packedClusters, packedReferences } from './packed-tables.ts';
import type { StoredLengths } from './stored-lengths.ts';

/** A packed data part and the tables before it. */
export interface PackedImage {
  readonly clusterBits: number;
  readonly layout: FrontLayout;
  readonly stored: ClusterRuns;
  /** As many as there are stored clusters. */
  readonly lengths: StoredLengths;
  /** Bytes of the data part: whole clusters, at most those of the layout. */
  readonly dataBytes: number;
}

/** Write the tables of a packed image, all but the header. */
export async function writePackedTables(staging: Staging, image: PackedImage, turn: Turn): Promise<void> {
  const { clusterBits, layout, stored, lengths } = image;
  const geometry = standardGeometry(clusterBits);
  const used = usedSpace(layout, image);
  const data: PackedData = { clusterSize: layout.clusterSize, dataOffset: layout.dataOffset, lengths };
  await writeTables(
    staging,
    {
      clusterBits,
      layout,
      refcountBlocks: used.refcountBlocks,
      tables: touchedTables(stored, geometry.l2Entries),
      references: packedImageReferences(layout, used, data),
      l2: l2Clusters(packedClusters(stored, data), geometry),
    },
    turn,
  );
}

function* packedImageReferences(layout: FrontLayout, used: UsedSpace, data: PackedData): Generator<ReferenceRun> {
  const { clusterSize } = layout;
  yield { start: 0, count: layout.refcountBlocksOffset / clusterSize + used.refcountBlocks, references: 1 };
  yield { start: layout.l2Offset / clusterSize, count: used.l2Tables, references: 1 };
  yield* packedReferences(data);
}
