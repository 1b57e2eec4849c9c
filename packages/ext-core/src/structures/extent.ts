import { type Field, u16, u32 } from '../bytes/field.ts';

/**
 * `struct ext4_extent_header`, `ext4_extent` and `ext4_extent_idx`: 12 bytes each.
 * Source: kernel Documentation/filesystems/ext4/ifork.rst, "Extent Tree".
 */
export const extentHeaderLayout = {
  eh_magic: u16(0x0),
  eh_entries: u16(0x2),
  eh_max: u16(0x4),
  eh_depth: u16(0x6),
  eh_generation: u32(0x8),
} as const satisfies Record<string, Field>;

export const extentLayout = {
  ee_block: u32(0x0),
  ee_len: u16(0x4),
  ee_start_hi: u16(0x6),
  ee_start_lo: u32(0x8),
} as const satisfies Record<string, Field>;

export const extentIndexLayout = {
  ei_block: u32(0x0),
  ei_leaf_lo: u32(0x4),
  ei_leaf_hi: u16(0x8),
  ei_unused: u16(0xa),
} as const satisfies Record<string, Field>;

/** `struct ext4_extent_tail`: after the room for entries of a node in a block of its own; see `extentNodeTail`. */
export const extentTailLayout = {
  et_checksum: u32(0x0),
} as const satisfies Record<string, Field>;

export const EXTENT_MAGIC = 0xf30a;
/** Bytes of a header and of an entry. */
export const EXTENT_ENTRY_SIZE = 12;
/** Lengths above this mark an extent that is allocated and not written; they count from here. */
export const MAX_WRITTEN_LENGTH = 32768;

/** Byte of the node at `base`, from its start, where its tail is: after the room for entries. */
export const extentNodeTail = (view: DataView, base: number): number =>
  EXTENT_ENTRY_SIZE * (1 + extentHeaderLayout.eh_max.get(view, base));

/**
 * Whether a node of `size` bytes at `base` begins with a plausible header. Room for up to two entries may be missing:
 * libext2fs accepts that, and so do we.
 */
export function isExtentHeader(view: DataView, base: number, size: number): boolean {
  const h = extentHeaderLayout;
  const max = h.eh_max.get(view, base);
  const room = Math.floor((size - EXTENT_ENTRY_SIZE) / EXTENT_ENTRY_SIZE);
  return (
    h.eh_magic.get(view, base) === EXTENT_MAGIC && h.eh_entries.get(view, base) <= max && max <= room && max >= room - 2
  );
}
