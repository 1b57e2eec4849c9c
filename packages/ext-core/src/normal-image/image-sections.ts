import { ExtError } from '../bytes/errors.ts';
import { inodeTableBlocks } from '../filesystem/inode-table.ts';
import { descBlockCount, type Superblock } from '../structures/superblock.ts';
import { IMAGE_OFFSET_LIMIT, type ImageHeader, type ImageOffsets } from './image-header.ts';

/** `[offset, offset + length)` of an image, in bytes. */
export interface ImageSection {
  readonly offset: number;
  readonly length: number;
}

/** The places of all parts of a normal image. */
export interface ImageSections {
  /** One block: 1,024 bytes, then zeros. */
  readonly superblock: ImageSection;
  /** The descriptor blocks, always contiguous. */
  readonly descriptors: ImageSection;
  /** The tables of all groups, whole, in group order. */
  readonly inodeTables: ImageSection;
  /** The block bitmaps of all groups without their padding, adjacent, padded with zeros to a block. */
  readonly blockMap: ImageSection;
  /** The inode bitmaps likewise. */
  readonly inodeMap: ImageSection;
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
 * The order is the C tool's: inode tables, block map, inode map. Where the tables are so long that the offset of a map
 * would need more than 32 bits (C: written modulo 2^32, and every reader gets nonsense), the maps come first: readers
 * go by the header, not by the order.
 *
 * @throws ExtError EXT_TOO_LARGE when even the maps alone pass 4 GiB; EXT_CORRUPT_SUPERBLOCK when a bitmap is not
 *   whole bytes
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
      `normal image: the bitmaps end at byte ${inodeTables}, beyond the 4 GiB that its header can name`,
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
    // Readers of this format ignore offset_super and take blocks 1 and 2 (e2fsprogs lib/ext2fs/openfs.c).
    superblock: { offset: sb.blockSize, length: sb.blockSize },
    descriptors: { offset: 2 * sb.blockSize, length: lengths.descriptors },
    inodeTables,
    blockMap,
    inodeMap,
    size: Math.max(...[inodeTables, blockMap, inodeMap].map(({ offset, length }) => offset + length)),
  };
}

/**
 * Find the sections of an image by its header, whatever their order, and check that each lies inside the image and
 * none on another.
 *
 * Headers of C's images whose inode tables pass 4 GiB hold the map offsets modulo 2^32; those are recognised, because
 * C's order is fixed, and read right.
 *
 * @param size bytes of the image
 * @throws ExtError EXT_CORRUPT, EXT_TRUNCATED, EXT_CORRUPT_SUPERBLOCK
 */
export function locateImageSections(header: ImageHeader, sb: Superblock, size: number): ImageSections {
  if (header.blockSize !== sb.blockSize) {
    throw new ExtError(
      'EXT_CORRUPT',
      `normal image: the header says ${header.blockSize} bytes a block, the superblock ${sb.blockSize}`,
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
      throw new ExtError('EXT_CORRUPT', `normal image: the section at byte ${section.offset} begins before ${end}`);
    }
    end = section.offset + section.length;
  }
  if (end > size) {
    throw new ExtError('EXT_TRUNCATED', `normal image: ends at byte ${size}, its sections at ${end}`);
  }
  return found;
}

function unwrap(offsets: ImageOffsets, lengths: SectionLengths): ImageOffsets {
  const blockMap = offsets.inodeTables + lengths.inodeTables;
  const inodeMap = blockMap + lengths.blockMap;
  const isWrapped =
    inodeMap >= IMAGE_OFFSET_LIMIT &&
    blockMap % IMAGE_OFFSET_LIMIT === offsets.blockMap &&
    inodeMap % IMAGE_OFFSET_LIMIT === offsets.inodeMap;
  return isWrapped ? { ...offsets, blockMap, inodeMap } : offsets;
}
