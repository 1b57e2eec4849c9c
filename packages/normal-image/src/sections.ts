import { ExtError, inodeTableBlocks } from '@e2image/ext-core';
import { descBlockCount, type Superblock } from '@e2image/ext-core/structures';
import type { ByteRange } from '@e2image/sparse-io';
import { IMAGE_OFFSET_LIMIT, type ImageHeader, type ImageOffsets } from './header.ts';

/** Where each part of a normal image is, in bytes of the image. */
export interface ImageSections {
  /** One block: the superblock of 1,024 bytes, then zeros. */
  readonly superblock: ByteRange;
  /** All descriptor blocks, also those of metablock groups, without gaps. */
  readonly descriptors: ByteRange;
  /** The inode tables of all groups, in full length, in the order of the groups. */
  readonly inodeTables: ByteRange;
  /** The block bitmaps of all groups, packed: each without the padding of its block. Zeros fill the last block. */
  readonly blockMap: ByteRange;
  /** The inode bitmaps of all groups, packed in the same way. */
  readonly inodeMap: ByteRange;
  /** Bytes of the whole image. */
  readonly size: number;
}

interface SectionLengths {
  readonly descriptors: number;
  readonly inodeTables: number;
  readonly blockMap: number;
  readonly inodeMap: number;
}

function sectionLengths(sb: Superblock): SectionLengths {
  for (const [field, bits] of [
    ['s_clusters_per_group', sb.clustersPerGroup],
    ['s_inodes_per_group', sb.inodesPerGroup],
  ] as const) {
    if (bits % 8 !== 0) {
      throw new ExtError('EXT_CORRUPT_SUPERBLOCK', `superblock: ${field} is ${bits}, not a multiple of 8`, {
        detail: { field },
      });
    }
  }
  const blocks = (length: number): number => Math.ceil(length / sb.blockSize) * sb.blockSize;
  return {
    descriptors: descBlockCount(sb) * sb.blockSize,
    inodeTables: sb.groupCount * inodeTableBlocks(sb) * sb.blockSize,
    blockMap: blocks(sb.groupCount * (sb.clustersPerGroup / 8)),
    inodeMap: blocks(sb.groupCount * (sb.inodesPerGroup / 8)),
  };
}

/**
 * Place the sections of a normal image of a file system.
 *
 * The order is that of the C tool: inode tables, block map, inode map. When the tables are so long that the offset of a
 * map would need more than 32 bits, the maps come first, because readers use the offsets of the header and do not expect
 * an order. (The C tool writes such an offset modulo 2^32, which makes the image unreadable for its own programs.)
 *
 * @throws ExtError EXT_TOO_LARGE when the maps alone end after 4 GiB; EXT_CORRUPT_SUPERBLOCK when a bitmap is not a
 *   whole number of bytes
 */
export function placeImageSections(sb: Superblock): ImageSections {
  const lengths = sectionLengths(sb);
  const first = 2 * sb.blockSize + lengths.descriptors;
  const tablesFirst = first + lengths.inodeTables + lengths.blockMap < IMAGE_OFFSET_LIMIT;
  const blockMap = tablesFirst ? first + lengths.inodeTables : first;
  const inodeMap = blockMap + lengths.blockMap;
  const inodeTables = tablesFirst ? first : inodeMap + lengths.inodeMap;
  if (Math.max(inodeTables, inodeMap) >= IMAGE_OFFSET_LIMIT) {
    throw new ExtError(
      'EXT_TOO_LARGE',
      `normal image: the bitmaps end at byte ${inodeTables}, but the offsets in its header stop at 4 GiB`,
      { detail: { field: 'offset_inode' } },
    );
  }
  return sections(sb, lengths, { superblock: sb.blockSize, inodeTables, inodeMap, blockMap });
}

function sections(sb: Superblock, lengths: SectionLengths, offsets: ImageOffsets): ImageSections {
  const inodeTables = { offset: offsets.inodeTables, length: lengths.inodeTables };
  const blockMap = { offset: offsets.blockMap, length: lengths.blockMap };
  const inodeMap = { offset: offsets.inodeMap, length: lengths.inodeMap };
  return {
    // Readers of this format ignore offset_super and read blocks 1 and 2 (e2fsprogs lib/ext2fs/openfs.c).
    superblock: { offset: sb.blockSize, length: sb.blockSize },
    descriptors: { offset: 2 * sb.blockSize, length: lengths.descriptors },
    inodeTables,
    blockMap,
    inodeMap,
    size: Math.max(...[inodeTables, blockMap, inodeMap].map(({ offset, length }) => offset + length)),
  };
}

/**
 * Find the sections of an image from its header, in any order, and check that each is inside the image and that none
 * overlaps another.
 *
 * In images of the C tool with more than 4 GiB of inode tables the offsets of the maps are stored modulo 2^32. These are
 * recognised, because the order of that tool is fixed, and corrected.
 *
 * @param size bytes of the image
 * @throws ExtError EXT_CORRUPT, EXT_TRUNCATED, EXT_CORRUPT_SUPERBLOCK
 */
export function locateImageSections(header: ImageHeader, sb: Superblock, size: number): ImageSections {
  if (header.blockSize !== sb.blockSize) {
    throw new ExtError(
      'EXT_CORRUPT',
      `normal image: the block size is ${header.blockSize} in the header, ${sb.blockSize} in the superblock`,
      { detail: { field: 'fs_blocksize' } },
    );
  }
  const lengths = sectionLengths(sb);
  const found = sections(sb, lengths, unwrap(header.offsets, lengths));
  const inOrder = [found.descriptors, found.inodeTables, found.blockMap, found.inodeMap].sort(
    (a, b) => a.offset - b.offset,
  );
  let end = found.superblock.offset + found.superblock.length;
  for (const section of inOrder) {
    if (section.offset < end) {
      throw new ExtError(
        'EXT_CORRUPT',
        `normal image: the section at byte ${section.offset} overlaps the one that ends at byte ${end}`,
      );
    }
    end = section.offset + section.length;
  }
  if (end > size) {
    throw new ExtError('EXT_TRUNCATED', `normal image: the file ends at byte ${size}, its last section at byte ${end}`);
  }
  return found;
}

/** The offsets as they would be with more than 32 bits. */
function unwrap(offsets: ImageOffsets, lengths: SectionLengths): ImageOffsets {
  const blockMap = offsets.inodeTables + lengths.inodeTables;
  const inodeMap = blockMap + lengths.blockMap;
  const isWrapped =
    inodeMap >= IMAGE_OFFSET_LIMIT &&
    blockMap % IMAGE_OFFSET_LIMIT === offsets.blockMap &&
    inodeMap % IMAGE_OFFSET_LIMIT === offsets.inodeMap;
  return isWrapped ? { ...offsets, blockMap, inodeMap } : offsets;
}
