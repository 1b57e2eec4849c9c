import { ExtError } from '../bytes/errors.ts';
import { blockNumber, type Field, u16, u32 } from '../bytes/field.ts';

/**
 * `struct ext4_group_desc`, keyed by the kernel's own field names.
 * Source: kernel Documentation/filesystems/ext4/group_descr.rst.
 *
 * This table is the only place where these offsets are written down.
 */
export const groupDescLayout = {
  bg_block_bitmap_lo: u32(0x00),
  bg_inode_bitmap_lo: u32(0x04),
  bg_inode_table_lo: u32(0x08),
  bg_free_blocks_count_lo: u16(0x0c),
  bg_free_inodes_count_lo: u16(0x0e),
  bg_used_dirs_count_lo: u16(0x10),
  bg_flags: u16(0x12),
  bg_exclude_bitmap_lo: u32(0x14),
  bg_block_bitmap_csum_lo: u16(0x18),
  bg_inode_bitmap_csum_lo: u16(0x1a),
  bg_itable_unused_lo: u16(0x1c),
  bg_checksum: u16(0x1e),
  bg_block_bitmap_hi: u32(0x20),
  bg_inode_bitmap_hi: u32(0x24),
  bg_inode_table_hi: u32(0x28),
  bg_free_blocks_count_hi: u16(0x2c),
  bg_free_inodes_count_hi: u16(0x2e),
  bg_used_dirs_count_hi: u16(0x30),
  bg_itable_unused_hi: u16(0x32),
  bg_exclude_bitmap_hi: u32(0x34),
  bg_block_bitmap_csum_hi: u16(0x38),
  bg_inode_bitmap_csum_hi: u16(0x3a),
  bg_reserved: u32(0x3c),
} as const satisfies Record<string, Field>;

/** Size of a descriptor without the 64bit feature, in bytes. */
export const GROUP_DESC_SIZE_32 = 32;
/** Smallest descriptor that has the `_hi` halves, in bytes. */
export const GROUP_DESC_SIZE_64 = 64;

/** Values of `bg_flags`. */
export const BG_INODE_UNINIT = 0x1;
export const BG_BLOCK_UNINIT = 0x2;
export const BG_INODE_ZEROED = 0x4;

/** The part of a group descriptor that determines which blocks are metadata. */
export interface GroupDesc {
  /** Block number of the block bitmap; 0 when the group has none. */
  readonly blockBitmap: number;
  /** Block number of the inode bitmap; 0 when the group has none. */
  readonly inodeBitmap: number;
  /** Number of the first inode table block. */
  readonly inodeTable: number;
  /** Inodes at the end of the table that were never used. */
  readonly itableUnused: number;
  /** Bits of `bg_flags`. */
  readonly flags: number;
}

/**
 * Decode descriptor `group` from the concatenated descriptor blocks.
 *
 * Decoding does not check: a location may be outside the file system.
 *
 * @param table one DataView over all descriptor blocks; make it once, not per group
 * @param descSize bytes per descriptor: 32, or `s_desc_size` with the 64bit feature
 * @throws ExtError EXT_TRUNCATED when the table ends inside the descriptor
 */
export function readGroupDesc(table: DataView, group: number, descSize: number): GroupDesc {
  const base = group * descSize;
  if (base + descSize > table.byteLength) {
    throw new ExtError('EXT_TRUNCATED', `group descriptor ${group}: table ends at byte ${table.byteLength}`, {
      detail: { group },
    });
  }
  const f = groupDescLayout;
  const has64 = descSize >= GROUP_DESC_SIZE_64;
  return {
    blockBitmap: blockNumber(has64 ? f.bg_block_bitmap_hi.get(table, base) : 0, f.bg_block_bitmap_lo.get(table, base)),
    inodeBitmap: blockNumber(has64 ? f.bg_inode_bitmap_hi.get(table, base) : 0, f.bg_inode_bitmap_lo.get(table, base)),
    inodeTable: blockNumber(has64 ? f.bg_inode_table_hi.get(table, base) : 0, f.bg_inode_table_lo.get(table, base)),
    itableUnused:
      (has64 ? f.bg_itable_unused_hi.get(table, base) : 0) * 0x1_0000 + f.bg_itable_unused_lo.get(table, base),
    flags: f.bg_flags.get(table, base),
  };
}
