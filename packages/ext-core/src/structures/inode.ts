import { type BytesField, blockNumber, bytes, type Field, u16, u32 } from '../bytes/field.ts';

/**
 * `struct ext4_inode`, keyed by the kernel's own field names. Fields after the first GOOD_OLD_INODE_SIZE bytes exist
 * only in a larger inode, as far as `i_extra_isize` says.
 * Source: kernel Documentation/filesystems/ext4/inodes.rst.
 */
export const inodeLayout = {
  i_mode: u16(0x00),
  i_uid: u16(0x02),
  i_size_lo: u32(0x04),
  i_atime: u32(0x08),
  i_ctime: u32(0x0c),
  i_mtime: u32(0x10),
  i_dtime: u32(0x14),
  i_gid: u16(0x18),
  i_links_count: u16(0x1a),
  i_blocks_lo: u32(0x1c),
  i_flags: u32(0x20),
  i_version_lo: u32(0x24),
  i_block: bytes(0x28, 60),
  i_generation: u32(0x64),
  i_file_acl_lo: u32(0x68),
  i_size_hi: u32(0x6c),
  i_obso_faddr: u32(0x70),
  i_blocks_hi: u16(0x74),
  i_file_acl_hi: u16(0x76),
  i_uid_hi: u16(0x78),
  i_gid_hi: u16(0x7a),
  i_checksum_lo: u16(0x7c),
  i_reserved: u16(0x7e),
  i_extra_isize: u16(0x80),
  i_checksum_hi: u16(0x82),
  i_ctime_extra: u32(0x84),
  i_mtime_extra: u32(0x88),
  i_atime_extra: u32(0x8c),
  i_crtime: u32(0x90),
  i_crtime_extra: u32(0x94),
  i_version_hi: u32(0x98),
  i_projid: u32(0x9c),
} as const satisfies Record<string, Field | BytesField>;

/** Bytes of an inode in revision 0, and of the part that every inode has: EXT4_GOOD_OLD_INODE_SIZE. */
export const GOOD_OLD_INODE_SIZE = inodeLayout.i_extra_isize.offset;

/** Byte offset of the block map, the extent root, a short link target or inline data. */
export const I_BLOCK = inodeLayout.i_block.offset;
/** Bytes of that area. */
export const I_BLOCK_SIZE = inodeLayout.i_block.size;

/** An entry of the block map in `i_block`, or of an indirect block. Source: kernel .../ext4/blockmap.rst. */
export const blockPointerLayout = {
  block: u32(0x0),
} as const satisfies Record<string, Field>;
/** Bytes of it. */
export const BLOCK_POINTER_SIZE = 4;

/** File types: `i_mode & MODE_TYPE`. */
export const MODE_TYPE = 0xf000;
export const MODE = {
  fifo: 0x1000,
  characterDevice: 0x2000,
  directory: 0x4000,
  blockDevice: 0x6000,
  regular: 0x8000,
  symlink: 0xa000,
  socket: 0xc000,
} as const;

/** Bits of `i_flags`. */
export const INODE_FLAG = {
  encrypt: 0x800,
  index: 0x1000,
  journalData: 0x4000,
  hugeFile: 0x4_0000,
  extents: 0x8_0000,
  verity: 0x10_0000,
  eaInode: 0x20_0000,
  inlineData: 0x1000_0000,
  casefold: 0x4000_0000,
} as const;

/** Inode numbers with a fixed meaning. Source: kernel Documentation/filesystems/ext4/special_inodes.rst. */
export const INODE = {
  badBlocks: 1,
  root: 2,
  userQuota: 3,
  groupQuota: 4,
  resize: 7,
  journal: 8,
} as const;

/** Type bits of the inode at `base`. */
export const fileType = (view: DataView, base: number): number => inodeLayout.i_mode.get(view, base) & MODE_TYPE;

/** Bytes of the file. */
export const fileSize = (view: DataView, base: number): number =>
  blockNumber(inodeLayout.i_size_hi.get(view, base), inodeLayout.i_size_lo.get(view, base));

/** Whether the inode has an extent tree, not the block map of ext2 and ext3. */
export const hasExtents = (view: DataView, base: number): boolean =>
  (inodeLayout.i_flags.get(view, base) & INODE_FLAG.extents) !== 0;

/**
 * Block with the inode's extended attributes; 0 when it has none.
 *
 * @param has64 whether the file system has the 64bit feature, without which the high half means nothing
 */
export const xattrBlock = (view: DataView, base: number, has64: boolean): number =>
  blockNumber(has64 ? inodeLayout.i_file_acl_hi.get(view, base) : 0, inodeLayout.i_file_acl_lo.get(view, base));

/**
 * Whether the inode maps blocks. A link target of less than 60 bytes is stored in place of the map, and so is inline
 * data; devices, FIFOs and sockets have no map.
 *
 * @param acl what `xattrBlock` gives
 */
export function hasBlockMap(view: DataView, base: number, acl: number): boolean {
  const type = fileType(view, base);
  const inline = (inodeLayout.i_flags.get(view, base) & INODE_FLAG.inlineData) !== 0;
  if (type === MODE.directory || type === MODE.regular) return !inline;
  if (type !== MODE.symlink || inline) return false;
  const size = fileSize(view, base);
  if (acl === 0) return inodeLayout.i_blocks_lo.get(view, base) !== 0 && !(size > 0 && size < I_BLOCK_SIZE);
  // i_blocks counts the attribute block too, so it cannot decide: a map of one block has a second word of zero.
  return (
    size >= I_BLOCK_SIZE || (size > 4 && blockPointerLayout.block.get(view, base + I_BLOCK + BLOCK_POINTER_SIZE) === 0)
  );
}
