import type { Filesystem } from '../filesystem/filesystem.ts';
import { filesystemSeed, inodeChecksum, inodeSeed, storedInodeChecksum } from '../structures/checksum.ts';
import { isExtentHeader } from '../structures/extent.ts';
import { BG_INODE_UNINIT } from '../structures/group-desc.ts';
import {
  BLOCK_POINTER_SIZE,
  blockPointerLayout,
  fileSize,
  fileType,
  GOOD_OLD_INODE_SIZE,
  I_BLOCK,
  I_BLOCK_SIZE,
  INODE_FLAG,
  inodeLayout,
  MODE,
  xattrBlock,
} from '../structures/inode.ts';
import { hasGroupChecksums, hasIncompat, hasRoCompat } from '../structures/superblock.ts';

/**
 * Inodes at the end of the table of `group` that may never have been written.
 *
 * The descriptors of a backup are as old as the file system. Where they say "never used", that may still be true, and
 * then the table contains old bytes of the disk; or the group was used since then. With the primary descriptors there is
 * no such doubt.
 */
export function doubtfulInodes(fs: Filesystem, group: number): number {
  const { superblock: sb } = fs;
  if (fs.superblockBlock <= 1 || !hasGroupChecksums(sb)) return 0;
  const { flags, itableUnused } = fs.descTable.get(group);
  return (flags & BG_INODE_UNINIT) !== 0 ? sb.inodesPerGroup : Math.min(itableUnused, sb.inodesPerGroup);
}

/** Whether the inode with this number at byte `base` of `view` was written by a file system, not some old bytes. */
export type InodeProof = (inode: number, view: DataView, base: number) => boolean;

/** The proof that a file system's inodes allow: their checksums, or where they have none, that all fields fit together. */
export function inodeProof(fs: Filesystem): InodeProof {
  if (!hasRoCompat(fs.superblock, 'metadata_csum')) return (_, view, base) => isPlausible(fs, view, base);
  const seed = filesystemSeed(fs.superblock);
  const { inodeSize } = fs.superblock;
  return (inode, view, base) => {
    const own = inodeSeed(seed, inode, inodeLayout.i_generation.get(view, base));
    return inodeChecksum(own, view, base, inodeSize) === storedInodeChecksum(view, base, inodeSize);
  };
}

const TYPES: ReadonlySet<number> = new Set(Object.values(MODE));
/** EXT4_LINK_MAX. Source: kernel Documentation/filesystems/ext4/inodes.rst. */
const MAX_LINKS = 65_000;
/** Bits of `i_flags` without a meaning. Source: the table of i_flags there. */
const UNKNOWN_FLAGS = 0x8d80_0000;

/** The deletion time alone distinguishes a linked inode from noise in all but one of 2^32 cases. */
function isPlausible(fs: Filesystem, view: DataView, base: number): boolean {
  const f = inodeLayout;
  const { firstDataBlock, inodeSize } = fs.superblock;
  const links = f.i_links_count.get(view, base);
  const extra = inodeSize > GOOD_OLD_INODE_SIZE ? f.i_extra_isize.get(view, base) : 0;
  const acl = xattrBlock(view, base, hasIncompat(fs.superblock, '64bit'));
  return (
    TYPES.has(fileType(view, base)) &&
    links <= MAX_LINKS &&
    (links === 0) === (f.i_dtime.get(view, base) !== 0) &&
    (f.i_flags.get(view, base) & UNKNOWN_FLAGS) === 0 &&
    extra % 4 === 0 &&
    extra <= inodeSize - GOOD_OLD_INODE_SIZE &&
    (acl === 0 || (acl >= firstDataBlock && acl < fs.blocksCount)) &&
    hasPlausibleMap(fs, view, base)
  );
}

function hasPlausibleMap(fs: Filesystem, view: DataView, base: number): boolean {
  const type = fileType(view, base);
  const flags = inodeLayout.i_flags.get(view, base);
  if ((flags & INODE_FLAG.inlineData) !== 0) return true;
  if (type === MODE.directory && fileSize(view, base) % fs.blockSize !== 0) return false;
  if (type !== MODE.directory && type !== MODE.regular) return true;
  if ((flags & INODE_FLAG.extents) !== 0) return isExtentHeader(view, base + I_BLOCK, I_BLOCK_SIZE);
  for (let at = base + I_BLOCK; at < base + I_BLOCK + I_BLOCK_SIZE; at += BLOCK_POINTER_SIZE) {
    const block = blockPointerLayout.block.get(view, at);
    if (block !== 0 && (block < fs.superblock.firstDataBlock || block >= fs.blocksCount)) return false;
  }
  return true;
}
