import { type ImageSection, setBitmapRun } from '@e2image/ext-core';
import type { Superblock } from '@e2image/ext-core/structures';
import type { Source } from '@e2image/sparse-io';

/** The packed bitmaps of an image, and how they become blocks again. */
export interface PackedBitmaps {
  readonly image: Source;
  /** Where in the image they lie. */
  readonly section: ImageSection;
  /** Bits of each group's bitmap. */
  readonly bitsPerGroup: number;
  /** Bits of group `group` that stand for something; those behind it are set. */
  readonly bitsInUse: (group: number) => number;
}

/** The block bitmaps of a normal image. Only the last group may be shorter than the others. */
export function blockBitmaps(sb: Superblock, image: Source, section: ImageSection): PackedBitmaps {
  const last = sb.blocksCount - sb.firstDataBlock - (sb.groupCount - 1) * sb.blocksPerGroup;
  const bitsOfLast = Math.ceil(last / sb.clusterRatio);
  const bitsInUse = (group: number): number => (group === sb.groupCount - 1 ? bitsOfLast : sb.clustersPerGroup);
  return { image, section, bitsPerGroup: sb.clustersPerGroup, bitsInUse };
}

/** The inode bitmaps of a normal image. */
export const inodeBitmaps = (sb: Superblock, image: Source, section: ImageSection): PackedBitmaps => ({
  image,
  section,
  bitsPerGroup: sb.inodesPerGroup,
  bitsInUse: () => sb.inodesPerGroup,
});

/**
 * Bitmaps as the blocks they were: block `group` of the source is the bitmap of that group, with everything behind its
 * last bit set, as the format wants it.
 *
 * Reads are of whole blocks.
 */
export function paddedBitmaps(packed: PackedBitmaps, blockSize: number, groupCount: number): Source {
  const bytesPerGroup = packed.bitsPerGroup / 8;
  return {
    size: groupCount * blockSize,
    readAt(into, offset) {
      for (let at = 0; at < into.length; at += blockSize) {
        const group = (offset + at) / blockSize;
        const block = into.subarray(at, at + blockSize);
        packed.image.readAt(block.subarray(0, bytesPerGroup), packed.section.offset + group * bytesPerGroup);
        const from = packed.bitsInUse(group);
        setBitmapRun(block, { start: from, count: blockSize * 8 - from });
      }
    },
  };
}
