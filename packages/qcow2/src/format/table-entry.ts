import { HALF } from './be.ts';

/*
 * The bits of a 64-bit L1 or L2 entry, as masks on its 32-bit halves: bigint costs ten times as much per entry.
 * Source: qcow2.rst, "L1 table entry", "L2 table entry", "Standard Cluster Descriptor".
 */

/** High half: the refcount is exactly one. Means something only in the active tables. */
export const COPIED_HI = 0x8000_0000;
/** High half of an L2 entry: the cluster is compressed. */
export const COMPRESSED_HI = 0x4000_0000;
/** Low half of a standard L2 entry: the cluster reads as zeros (version 3 without extended L2). */
export const ZERO_LO = 0x1;
/** Bits 9-55: a host offset. */
const OFFSET_HI = 0x00ff_ffff;
const OFFSET_LO = 0xffff_fe00;
/** Reserved bits of an L1 entry. */
export const L1_RESERVED_HI = 0x7f00_0000;
export const L1_RESERVED_LO = 0x1ff;
/** Reserved bits of a standard L2 entry; `ZERO_LO` is apart. */
export const L2_RESERVED_HI = 0x3f00_0000;
export const L2_RESERVED_LO = 0x1fe;
/** Unit of a virtual disk's size, and of a compressed cluster's length. */
export const SECTOR = 512;

/**
 * Host offset of an L1 or standard L2 entry, in bytes; 0 means none. Above 2^53 it is rounded, which no comparison
 * with the length of a file can notice.
 */
export function entryOffset(hi: number, lo: number): number {
  return (hi & OFFSET_HI) * HALF + ((lo & OFFSET_LO) >>> 0);
}

/** Write an entry that names host byte `offset`. @param flagsHi `COPIED_HI` or 0 @param flagsLo `ZERO_LO` or 0 */
export function setEntry(view: DataView, at: number, offset: number, flagsHi = 0, flagsLo = 0): void {
  view.setUint32(at, (Math.floor(offset / HALF) | flagsHi) >>> 0);
  view.setUint32(at + 4, ((offset % HALF) | flagsLo) >>> 0);
}

/** Where a compressed cluster lies. */
export interface CompressedRun {
  /** Host byte where the stream starts, at any alignment. */
  readonly offset: number;
  /** Bytes that may belong to it: to the end of its last sector, which other clusters may share. */
  readonly length: number;
}

/** Bits of the high half that belong to the offset: `x - 32` of them, see below. */
const offsetBitsHi = (clusterBits: number): number => 62 - (clusterBits - 8) - 32;

/**
 * Decode a compressed cluster's descriptor (bit 62 set). Bits 0..x-1 are the offset, bits x..61 the number of
 * further 512-byte sectors, x = 62 - (cluster_bits - 8). Offset bits above 55 must be zero: `isCompressedValid`.
 */
export function compressedRun(hi: number, lo: number, clusterBits: number): CompressedRun {
  const bits = offsetBitsHi(clusterBits);
  const offset = (hi & (2 ** bits - 1)) * HALF + lo;
  const furtherSectors = (hi & 0x3fff_ffff) >>> bits;
  return { offset, length: (furtherSectors + 1) * SECTOR - (lo % SECTOR) };
}

/** Whether the offset bits above 55 are zero; they exist for clusters below 16 KiB. */
export function isCompressedValid(hi: number, clusterBits: number): boolean {
  return (hi & (2 ** offsetBitsHi(clusterBits) - 1) & ~OFFSET_HI) === 0;
}

/**
 * Write the descriptor of a compressed cluster of `length` bytes at host byte `offset`. Such an entry never carries
 * `COPIED_HI`.
 *
 * @throws RangeError when offset or length do not fit the descriptor
 */
export function setCompressedEntry(
  view: DataView,
  at: number,
  { offset, length, clusterBits }: { offset: number; length: number; clusterBits: number },
): void {
  const bits = offsetBitsHi(clusterBits);
  const furtherSectors = Math.floor((offset + length - 1) / SECTOR) - Math.floor(offset / SECTOR);
  if (length < 1 || furtherSectors >= 2 ** (30 - bits)) throw new RangeError(`compressed length ${length}`);
  if (offset >= 2 ** Math.min(bits + 32, 53)) throw new RangeError(`compressed offset ${offset}`);
  view.setUint32(at, (COMPRESSED_HI | (furtherSectors * 2 ** bits) | Math.floor(offset / HALF)) >>> 0);
  view.setUint32(at + 4, offset % HALF);
}
