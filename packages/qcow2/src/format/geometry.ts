/** How guest offsets divide among tables. All sizes are bytes. Source: qcow2.rst, "Cluster mapping". */
export interface Geometry {
  readonly clusterBits: number;
  readonly clusterSize: number;
  /** True when an L2 entry is 16 bytes long and describes 32 subclusters. */
  readonly extendedL2: boolean;
  readonly l2EntrySize: 8 | 16;
  /** Entries of one L2 table, which is one cluster. */
  readonly l2Entries: number;
  /** Guest bytes that one L2 table, that is one L1 entry, covers. */
  readonly l2Coverage: number;
  /** Guest bytes that have one state: a cluster, or a 32nd part of it with extended L2. */
  readonly unitSize: number;
}

/** Smallest and largest cluster size that QEMU accepts: 512 bytes and 2 MiB. Source: block/qcow2.h. */
export const MIN_CLUSTER_BITS = 9;
export const MAX_CLUSTER_BITS = 21;
/** Subclusters of a cluster with extended L2, and the cluster size from which on they are at least 512 bytes. */
export const SUBCLUSTERS = 32;
export const MIN_EXTENDED_CLUSTER_BITS = 14;

/** The geometry of an image. `clusterBits` is a checked header's. */
export function geometryOf({ clusterBits, extendedL2 }: { clusterBits: number; extendedL2: boolean }): Geometry {
  const clusterSize = 2 ** clusterBits;
  const l2EntrySize = extendedL2 ? 16 : 8;
  const l2Entries = clusterSize / l2EntrySize;
  return {
    clusterBits,
    clusterSize,
    extendedL2,
    l2EntrySize,
    l2Entries,
    l2Coverage: l2Entries * clusterSize,
    unitSize: extendedL2 ? clusterSize / SUBCLUSTERS : clusterSize,
  };
}

/** Index of the L1 entry that covers byte `guestOffset`. */
export function l1Index(geometry: Geometry, guestOffset: number): number {
  return Math.floor(guestOffset / geometry.l2Coverage);
}

/** L1 entries that a virtual disk of `virtualSize` bytes needs. */
export function l1EntriesFor(geometry: Geometry, virtualSize: number): number {
  return Math.ceil(virtualSize / geometry.l2Coverage);
}
