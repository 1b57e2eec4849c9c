import type { Superblock } from '@e2image/ext-core/structures';

/** Which of the two bitmaps of a group. */
export type BitmapKind = 'block' | 'inode';

/** Bits of each group's bitmap without the padding of its block. A multiple of 8: `placeImageSections` checks that. */
export const bitsPerGroup = (sb: Superblock, kind: BitmapKind): number =>
  kind === 'block' ? sb.clustersPerGroup : sb.inodesPerGroup;

/**
 * Bits of the bitmap of `group` that stand for something. All bits after these are set on the disk. Only the block bitmap
 * of the last group can have fewer than `bitsPerGroup`.
 */
export function bitsInUse(sb: Superblock, kind: BitmapKind, group: number): number {
  if (kind === 'inode' || group < sb.groupCount - 1) return bitsPerGroup(sb, kind);
  const blocks = sb.blocksCount - sb.firstDataBlock - group * sb.blocksPerGroup;
  return Math.ceil(blocks / sb.clusterRatio);
}
