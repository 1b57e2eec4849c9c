import type { ByteRange } from '../base/byte-range.ts';
import { SECTOR } from '../base/limits.ts';
import { type Field, HALF, u32 } from './field.ts';

/*
 * The bits of a 64-bit L1 or L2 entry, as masks on its 32-bit halves: bigint costs ten times as much per entry.
 * Source: qcow2.rst, "L1 table entry", "L2 table entry", "Standard Cluster Descriptor".
 */

/** The halves of an entry of an L1 table, a standard L2 table, a refcount table or a bitmap table. */
export const tableEntryLayout = { hi: u32(0), lo: u32(4) } as const satisfies Record<string, Field>;

/** An extended L2 entry, with one bit in each bitmap for each subcluster. Source: qcow2.rst, "Extended L2 Entries". */
export const extendedEntryLayout = {
  ...tableEntryLayout,
  zeros: u32(8),
  allocated: u32(12),
} as const satisfies Record<string, Field>;

/** Bytes of an entry of any table but an extended L2 table. */
export const ENTRY_BYTES = 8;

/** High half: the refcount is exactly one. Valid only in the active tables. */
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
/** Reserved bits of a standard L2 entry, without `ZERO_LO`. */
export const L2_RESERVED_HI = 0x3f00_0000;
export const L2_RESERVED_LO = 0x1fe;
/** Reserved bits of a refcount table entry. */
export const REFCOUNT_RESERVED_LO = 0x1ff;

/**
 * Host offset of an L1 or standard L2 entry, in bytes; 0 means none. Above 2^53 it is rounded: it is
 * only compared with the length of a file, which is always smaller.
 */
export function entryOffset(hi: number, lo: number): number {
  return (hi & OFFSET_HI) * HALF + ((lo & OFFSET_LO) >>> 0);
}

/** Write an entry that points to host byte `offset`. @param flagsHi `COPIED_HI` or 0 @param flagsLo `ZERO_LO` or 0 */
export function setEntry(view: DataView, at: number, offset: number, flagsHi = 0, flagsLo = 0): void {
  tableEntryLayout.hi.set(view, at, (Math.floor(offset / HALF) | flagsHi) >>> 0);
  tableEntryLayout.lo.set(view, at, ((offset % HALF) | flagsLo) >>> 0);
}

/** Bits of the high half that belong to the offset: `x - 32` of them, see below. */
const offsetBitsHi = (clusterBits: number): number => 62 - (clusterBits - 8) - 32;

/**
 * Decode a compressed cluster's descriptor (bit 62 set). Bits 0..x-1 are the offset, bits x..61 the number of
 * further 512-byte sectors, x = 62 - (cluster_bits - 8). Offset bits above 55 must be zero: `isCompressedValid`.
 *
 * @returns the host bytes that may belong to the stream. It starts at any alignment; the end is that of the last
 *   sector, which may belong to other streams, too
 */
export function compressedRange(hi: number, lo: number, clusterBits: number): ByteRange {
  const bits = offsetBitsHi(clusterBits);
  const offset = (hi & (2 ** bits - 1)) * HALF + lo;
  const furtherSectors = (hi & 0x3fff_ffff) >>> bits;
  return { offset, length: (furtherSectors + 1) * SECTOR - (lo % SECTOR) };
}

/** Whether the offset bits above 55 are zero; such bits exist for clusters below 16 KiB. */
export function isCompressedValid(hi: number, clusterBits: number): boolean {
  return (hi & (2 ** offsetBitsHi(clusterBits) - 1) & ~OFFSET_HI) === 0;
}

/**
 * Write the descriptor of a compressed cluster of `length` bytes at host byte `offset`. `COPIED_HI` is never set in
 * such an entry.
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
  tableEntryLayout.hi.set(view, at, (COMPRESSED_HI | (furtherSectors * 2 ** bits) | Math.floor(offset / HALF)) >>> 0);
  tableEntryLayout.lo.set(view, at, offset % HALF);
}
