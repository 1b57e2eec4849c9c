import { BG_INODE_UNINIT, type GroupDesc } from '../structures/group-desc.ts';
import { hasGroupChecksums, type Superblock } from '../structures/superblock.ts';

/** Blocks of one group's inode table. */
export const inodeTableBlocks = (sb: Superblock): number =>
  Math.ceil((sb.inodesPerGroup * sb.inodeSize) / sb.blockSize);

/**
 * Inodes at the end of a group's table that were never used. 0 where descriptors have no checksums, because the count
 * means nothing there, and where it is larger than the table.
 */
export const unusedInodes = (sb: Superblock, { itableUnused }: Pick<GroupDesc, 'itableUnused'>): number =>
  hasGroupChecksums(sb) && itableUnused <= sb.inodesPerGroup ? itableUnused : 0;

/** Blocks, from the front of a group's table, that hold the inodes which are not among the last `unused` ones. */
export const blocksWithoutUnused = (sb: Superblock, unused: number): number =>
  inodeTableBlocks(sb) - Math.floor(unused / (sb.blockSize / sb.inodeSize));

/**
 * Blocks, from the front of a group's table, that may hold inodes; 0 for a group that never used its table.
 *
 * @param isIntact whether the checksum of the descriptor is right: e2fsck does not believe what a damaged one says of
 *   unused inodes and looks at the whole table
 */
export function usedTableBlocks(
  sb: Superblock,
  desc: Pick<GroupDesc, 'flags' | 'itableUnused'>,
  isIntact: boolean,
): number {
  if (!isIntact || !hasGroupChecksums(sb)) return inodeTableBlocks(sb);
  if ((desc.flags & BG_INODE_UNINIT) !== 0) return 0;
  return blocksWithoutUnused(sb, unusedInodes(sb, desc));
}
