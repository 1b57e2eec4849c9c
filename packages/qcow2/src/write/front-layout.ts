import { type ClusterRun, touchedTables } from '../base/cluster-runs.ts';
import { Qcow2Error } from '../base/errors.ts';
import { LIMITS, SECTOR } from '../base/limits.ts';
import { type Geometry, geometryOf, l1EntriesFor, MAX_CLUSTER_BITS, MIN_CLUSTER_BITS } from '../format/geometry.ts';
import { REFCOUNT_ORDER_V2 } from '../format/header.ts';
import { refcountSize } from '../format/refcount.ts';
import { ENTRY_BYTES } from '../format/table-entry.ts';

/** The images that we write always have 16-bit refcounts: version 2 has no other width. */
export const REFCOUNT_ORDER = REFCOUNT_ORDER_V2;

/** Where each part of an image is whose tables come before its data. Offsets and sizes are bytes. */
export interface FrontLayout {
  readonly clusterSize: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
  readonly refcountBlocksOffset: number;
  readonly refcountBlocks: number;
  readonly l2Offset: number;
  readonly l2Tables: number;
  readonly dataOffset: number;
  readonly dataClusters: number;
  /** Bytes of the whole file. */
  readonly totalBytes: number;
}

/** What a layout is computed from. */
export interface LayoutInput {
  /** Bytes of the disk, a multiple of 512. */
  readonly virtualSize: number;
  readonly clusterBits: number;
  /** L2 tables of the image: one per L1 entry in use. */
  readonly l2Tables: number;
  /** Clusters of the file that the data needs. */
  readonly dataClusters: number;
  /** Clusters before the L1 table: only the header, or more where some data comes first. Default 1. */
  readonly headClusters?: number;
  /** Least number of clusters of the refcount table, where a header that was sent before states it. */
  readonly leastTableClusters?: number;
}

/**
 * Place the tables before `dataClusters` clusters of data: header, L1 table, refcount table, refcount blocks, L2 tables.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE when QEMU would refuse the tables
 * @throws RangeError for a cluster size that QEMU does not accept
 */
export function frontLayout(input: LayoutInput): FrontLayout {
  const { virtualSize, clusterBits, l2Tables, dataClusters, headClusters = 1, leastTableClusters = 1 } = input;
  checkClusterBits(clusterBits);
  const geometry = standardGeometry(clusterBits);
  const { clusterSize } = geometry;
  const l1Entries = Math.max(1, l1EntriesFor(geometry, virtualSize));
  if (l1Entries * ENTRY_BYTES > LIMITS.l1Table) throw diskTooLarge(virtualSize, clusterBits);
  const l1Clusters = Math.ceil((l1Entries * ENTRY_BYTES) / clusterSize);
  const clusters = headClusters + l1Clusters + l2Tables + dataClusters;
  const least = refcountSize({ clusters, clusterBits, order: REFCOUNT_ORDER });
  const spare = Math.max(0, leastTableClusters - least.tableClusters);
  // The spare clusters of the table are counted like all others, which may need one more block.
  const counted =
    spare === 0 ? least : refcountSize({ clusters: clusters + spare, clusterBits, order: REFCOUNT_ORDER });
  const refcounts = { blocks: counted.blocks, tableClusters: counted.tableClusters + spare };
  if (refcounts.tableClusters * clusterSize > LIMITS.refcountTable) throw diskTooLarge(virtualSize, clusterBits);

  const l1Offset = headClusters * clusterSize;
  const refcountTableOffset = l1Offset + l1Clusters * clusterSize;
  const refcountBlocksOffset = refcountTableOffset + refcounts.tableClusters * clusterSize;
  const l2Offset = refcountBlocksOffset + refcounts.blocks * clusterSize;
  const dataOffset = l2Offset + l2Tables * clusterSize;
  return {
    clusterSize,
    l1Entries,
    l1Offset,
    refcountTableOffset,
    refcountTableClusters: refcounts.tableClusters,
    refcountBlocksOffset,
    refcountBlocks: refcounts.blocks,
    l2Offset,
    l2Tables,
    dataOffset,
    dataClusters,
    totalBytes: dataOffset + dataClusters * clusterSize,
  };
}

/** The virtual size of an image of a disk of `bytes`: whole sectors. */
export function roundToSector(bytes: number): number {
  return Math.ceil(bytes / SECTOR) * SECTOR;
}

/** How many L2 tables the clusters need. */
export function countTables(runs: Iterable<ClusterRun>, clusterBits: number): number {
  let count = 0;
  for (const run of touchedTables(runs, standardGeometry(clusterBits).l2Entries)) count += run.count;
  return count;
}

/** The geometry of the images that we write: without extended L2. */
export function standardGeometry(clusterBits: number): Geometry {
  return geometryOf({ clusterBits, extendedL2: false });
}

/** The error for a disk whose tables QEMU would refuse. */
export function diskTooLarge(virtualSize: number, clusterBits: number): Qcow2Error {
  return new Qcow2Error(
    'QCOW2_TOO_LARGE',
    `a disk of ${virtualSize} bytes with clusters of ${2 ** clusterBits} bytes: more than QEMU's tables can hold`,
  );
}

function checkClusterBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < MIN_CLUSTER_BITS || bits > MAX_CLUSTER_BITS) {
    throw new RangeError(`cluster size 2^${bits} is not between 2^${MIN_CLUSTER_BITS} and 2^${MAX_CLUSTER_BITS}`);
  }
}
