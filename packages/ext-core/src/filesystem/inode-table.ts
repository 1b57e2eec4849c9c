import type { Superblock } from '../structures/superblock.ts';

/** Blocks of one group's inode table. */
export const inodeTableBlocks = (sb: Superblock): number =>
  Math.ceil((sb.inodesPerGroup * sb.inodeSize) / sb.blockSize);
