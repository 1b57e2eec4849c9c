import { type ClusterRun, ClusterRuns, touchedTables } from '../base/cluster-runs.ts';
import { Qcow2Error } from '../base/errors.ts';
import { type Geometry, geometryOf, l1EntriesFor, MAX_CLUSTER_BITS, MIN_CLUSTER_BITS } from '../format/geometry.ts';
import { REFCOUNT_ORDER_V2 } from '../format/header.ts';
import { LIMITS } from '../format/header-check.ts';
import { refcountSize } from '../format/refcount.ts';
import { SECTOR } from '../format/table-entry.ts';

/** Bytes of an L1 entry. */
const ENTRY_BYTES = 8;
/** Images of ours always have 16-bit refcounts: version 2 knows no other width. */
export const REFCOUNT_ORDER = REFCOUNT_ORDER_V2;

/** The versions of the format. Version 2 is what the C e2image reads; zstd needs 3. */
export type Qcow2Version = 2 | 3;

/** Where everything is in an image whose tables stand in front of its data. Offsets and sizes in bytes. */
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

/** What decides a layout. */
export interface LayoutInput {
  /** Bytes of the disk, a multiple of 512. */
  readonly virtualSize: number;
  readonly clusterBits: number;
  /** L2 tables that the image has: one per L1 entry in use. */
  readonly l2Tables: number;
  /** Clusters that the data takes in the file. */
  readonly dataClusters: number;
  /** Clusters before the L1 table: the header's alone, or more where data may come first. Default 1. */
  readonly headClusters?: number;
  /** Clusters that the refcount table has at least: what a header sent before has promised. */
  readonly leastTableClusters?: number;
}

/** A plain (uncompressed) image, laid out to the last byte before the first one is written. */
export interface ImagePlan extends FrontLayout {
  readonly version: Qcow2Version;
  readonly virtualSize: number;
  readonly clusterBits: number;
  /** The guest clusters that are stored. */
  readonly runs: ClusterRuns;
}

export interface PlanOptions {
  /** Bytes of the disk; rounded up to a multiple of 512, as QEMU does with raw files. */
  readonly virtualSize: number;
  readonly clusterBits: number;
  readonly version: Qcow2Version;
  /** The guest clusters to store: ascending, disjoint, within the disk. */
  readonly runs: Iterable<ClusterRun>;
}

/**
 * Lay out a plain image: header, L1 table, refcount table, refcount blocks, L2 tables, then data in guest order. All of
 * it follows from the runs and the size, so `totalBytes` is exact and the file can go to a pipe.
 *
 * The tables stand in front because the C e2image takes an L2 table whose offset is beyond the virtual size for absent
 * (e2fsprogs lib/ext2fs/qcow2.c), and because a reader of a pipe then has nothing to hold back.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE when QEMU would refuse the tables: more clusters than the cluster size allows
 * @throws RangeError for runs that are not ascending or leave the disk, and for a cluster size that QEMU does not take
 */
export function planImage({ virtualSize, clusterBits, version, runs }: PlanOptions): ImagePlan {
  const size = roundToSector(virtualSize);
  const stored = runs instanceof ClusterRuns ? runs : ClusterRuns.from(runs);
  const clusters = Math.ceil(size / 2 ** clusterBits);
  if (stored.end > clusters) throw new RangeError(`cluster ${stored.end - 1} is beyond a disk of ${clusters} clusters`);
  const layout = frontLayout({
    virtualSize: size,
    clusterBits,
    l2Tables: countTables(stored, clusterBits),
    dataClusters: stored.clusterCount,
  });
  return { ...layout, version, virtualSize: size, clusterBits, runs: stored };
}

/** Byte of the image that holds the first byte of guest cluster `cluster`; undefined when it is not stored. */
export function hostOffset(plan: ImagePlan, cluster: number): number | undefined {
  const ordinal = plan.runs.ordinalOf(cluster);
  return ordinal === undefined ? undefined : plan.dataOffset + ordinal * plan.clusterSize;
}

/** The virtual size that an image of `bytes` gets: whole sectors. */
export function roundToSector(bytes: number): number {
  return Math.ceil(bytes / SECTOR) * SECTOR;
}

/** How many L2 tables the clusters need. */
export function countTables(runs: Iterable<ClusterRun>, clusterBits: number): number {
  let count = 0;
  for (const run of touchedTables(runs, standardGeometry(clusterBits).l2Entries)) count += run.count;
  return count;
}

/**
 * The smallest cluster size from `least` on with which QEMU opens a disk of `virtualSize` bytes, however full it is. Its
 * L1 table may have 32 MiB, its refcount table 8 MiB: 4 KiB clusters reach just below 8 TiB, 1 KiB ones 512 GiB.
 *
 * @returns log2 of the cluster size
 * @throws Qcow2Error QCOW2_TOO_LARGE when not even 2 MiB clusters do
 */
export function chooseClusterBits(virtualSize: number, least: number): number {
  for (let bits = least; bits <= MAX_CLUSTER_BITS; bits++) {
    const dataClusters = Math.ceil(virtualSize / 2 ** bits);
    const l2Tables = l1EntriesFor(standardGeometry(bits), virtualSize);
    if (l2Tables * ENTRY_BYTES > LIMITS.l1Table) continue;
    const { tableClusters } = refcountSize({
      clusters: dataClusters + l2Tables,
      clusterBits: bits,
      order: REFCOUNT_ORDER,
    });
    if (tableClusters * 2 ** bits <= LIMITS.refcountTable) return bits;
  }
  throw tooLarge(virtualSize, MAX_CLUSTER_BITS);
}

/**
 * Place the tables in front of `dataClusters` clusters of data.
 *
 * @throws as `planImage`
 */
export function frontLayout(input: LayoutInput): FrontLayout {
  const { virtualSize, clusterBits, l2Tables, dataClusters, headClusters = 1, leastTableClusters = 1 } = input;
  checkClusterBits(clusterBits);
  const geometry = standardGeometry(clusterBits);
  const { clusterSize } = geometry;
  const l1Entries = Math.max(1, l1EntriesFor(geometry, virtualSize));
  if (l1Entries * ENTRY_BYTES > LIMITS.l1Table) throw tooLarge(virtualSize, clusterBits);
  const l1Clusters = Math.ceil((l1Entries * ENTRY_BYTES) / clusterSize);
  const clusters = headClusters + l1Clusters + l2Tables + dataClusters;
  const least = refcountSize({ clusters, clusterBits, order: REFCOUNT_ORDER });
  const spare = Math.max(0, leastTableClusters - least.tableClusters);
  // The spare clusters of the table are counted like any others, which may take one more block.
  const counted =
    spare === 0 ? least : refcountSize({ clusters: clusters + spare, clusterBits, order: REFCOUNT_ORDER });
  const refcounts = { blocks: counted.blocks, tableClusters: counted.tableClusters + spare };
  if (refcounts.tableClusters * clusterSize > LIMITS.refcountTable) throw tooLarge(virtualSize, clusterBits);

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

/** The geometry of the images that we write: without extended L2. */
export function standardGeometry(clusterBits: number): Geometry {
  return geometryOf({ clusterBits, extendedL2: false });
}

function checkClusterBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < MIN_CLUSTER_BITS || bits > MAX_CLUSTER_BITS) {
    throw new RangeError(`cluster size 2^${bits} is not between 2^${MIN_CLUSTER_BITS} and 2^${MAX_CLUSTER_BITS}`);
  }
}

function tooLarge(virtualSize: number, clusterBits: number): Qcow2Error {
  return new Qcow2Error(
    'QCOW2_TOO_LARGE',
    `a disk of ${virtualSize} bytes with clusters of ${2 ** clusterBits} bytes: more than QEMU's tables can hold`,
  );
}
