/** Unit of a virtual disk's size, and of a compressed cluster's length, in bytes. */
export const SECTOR = 512;

/** QEMU's limits, which are ours too: a reader allocates nothing larger. Source: qemu block/qcow2.h. */
export const LIMITS = {
  /** Bytes of an L1 table. */
  l1Table: 32 * 2 ** 20,
  /** Bytes of the refcount table. */
  refcountTable: 8 * 2 ** 20,
  snapshots: 65_536,
  /** Bytes of the snapshot table: 1 KiB for each, on average. */
  snapshotTable: 64 * 2 ** 20,
  /** Bytes of extra data of one snapshot. */
  snapshotExtra: 1024,
  bitmaps: 65_535,
  /** Bytes of the bitmap directory: entry, name and extra data of each. */
  bitmapDirectory: 65_535 * (24 + 1023 + 1),
  /** Bytes of an encryption header. QEMU has no limit for it; LUKS needs 2 MiB. */
  cryptoHeader: 64 * 2 ** 20,
  /** Bytes of a bitmap: the clusters that its table names. */
  bitmap: 512 * 2 ** 20,
  /** Bytes of a backing file's name. */
  backingName: 1023,
  /** Images of a backing chain, the opened one included. The format has no limit. */
  chain: 64,
} as const;
