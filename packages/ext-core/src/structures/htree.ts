import { type BytesField, bytes, type Field, u8, u16, u32 } from '../bytes/field.ts';
import { dirEntryLayout, isDotName, recordLength } from './dir-block.ts';

/**
 * `struct dx_root`: the root of a directory's index, logical block 0. It begins with the entries `.` and `..`.
 * Source: kernel Documentation/filesystems/ext4/directory.rst, "Hash Tree Directories".
 */
export const dxRootLayout = {
  dot: bytes(0x00, 8),
  dot_name: bytes(0x08, 4),
  dotdot: bytes(0x0c, 8),
  dotdot_name: bytes(0x14, 4),
  reserved_zero: u32(0x18),
  hash_version: u8(0x1c),
  info_length: u8(0x1d),
  indirect_levels: u8(0x1e),
  unused_flags: u8(0x1f),
} as const satisfies Record<string, Field | BytesField>;

/** `struct dx_entry`; the first entry of a block has limit and count where the others have the hash. */
export const dxEntryLayout = {
  hash: u32(0x0),
  block: u32(0x4),
} as const satisfies Record<string, Field>;

/** `struct dx_countlimit`. */
export const dxCountLayout = {
  limit: u16(0x0),
  count: u16(0x2),
} as const satisfies Record<string, Field>;

/** `struct dx_tail`. */
export const dxTailLayout = {
  dt_reserved: u32(0x0),
  dt_checksum: u32(0x4),
} as const satisfies Record<string, Field>;

/** Byte where the entries of a root begin. */
export const DX_ROOT_ENTRIES = 0x20;
/** Byte where the entries of an inner block begin. */
export const DX_NODE_ENTRIES = 0x8;
/** Bytes of an entry, and of the tail. */
export const DX_ENTRY_SIZE = 8;
/** Bits of `block` that are the number; the rest is reserved. */
export const DX_BLOCK_MASK = 0x0fff_ffff;
/** Bit of `hash`: the leaf continues the run of equal hashes of the previous leaf. */
export const DX_CONTINUED = 1;

/** The entry array of one block of the index. */
export interface DxBlock {
  /** Byte in the block where the array begins. */
  readonly entries: number;
  readonly count: number;
  /** Entries that have room. */
  readonly limit: number;
}

/** Whether the block at `base` can be the root of an index. */
export function isDxRoot(view: DataView, base: number, blockSize: number): boolean {
  const r = dxRootLayout;
  const second = base + r.dotdot.offset;
  return (
    recordLength(view, base, blockSize) === r.dotdot.offset &&
    dirEntryLayout.name_len.get(view, base) === 1 &&
    isDotName(r.dot_name.get(view, base), 0, 1) &&
    recordLength(view, second, blockSize) === blockSize - r.dotdot.offset &&
    dirEntryLayout.name_len.get(view, second) === 2 &&
    isDotName(r.dotdot_name.get(view, base), 0, 2) &&
    r.reserved_zero.get(view, base) === 0 &&
    r.info_length.get(view, base) === DX_ROOT_ENTRIES - r.reserved_zero.offset
  );
}

/** Whether the block at `base` can be an inner block of an index: one empty entry, then an entry array. */
export function isDxNode(view: DataView, base: number, blockSize: number): boolean {
  const e = dirEntryLayout;
  if (e.inode.get(view, base) !== 0 || e.name_len.get(view, base) !== 0) return false;
  if (recordLength(view, base, blockSize) !== blockSize) return false;
  const { limit } = readDxBlock(view, base, DX_NODE_ENTRIES);
  const room = (blockSize - DX_NODE_ENTRIES) / DX_ENTRY_SIZE;
  return limit === room || limit === room - 1;
}

/** The entry array that begins at `entries` of the block at `base`. Its numbers are not checked. */
export const readDxBlock = (view: DataView, base: number, entries: number): DxBlock => ({
  entries,
  count: dxCountLayout.count.get(view, base + entries),
  limit: dxCountLayout.limit.get(view, base + entries),
});

/** Whether the numbers of an entry array fit a block of `blockSize` bytes. */
export const isDxBlockSound = ({ entries, count, limit }: DxBlock, blockSize: number): boolean =>
  count >= 1 && count <= limit && entries + DX_ENTRY_SIZE * limit <= blockSize;

/** Offset in the block of the tail with the checksum; undefined if the block has no room for it. */
export function dxTail({ entries, limit }: DxBlock, blockSize: number): number | undefined {
  const at = entries + DX_ENTRY_SIZE * limit;
  return at + DX_ENTRY_SIZE <= blockSize ? at : undefined;
}
