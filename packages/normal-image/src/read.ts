import {
  type DescChecksums,
  DescTable,
  descChecksums,
  descTableSize,
  inodeTableBlocks,
  type OnProblem,
  usedTableBlocks,
} from '@e2image/ext-core';
import {
  BG_BLOCK_UNINIT,
  BG_INODE_UNINIT,
  BG_INODE_ZEROED,
  bitmapChecksum,
  descBlockCount,
  descBlockLocation,
  filesystemSeed,
  type GroupDesc,
  hasGroupChecksums,
  hasRoCompat,
  metaBgBackups,
  primarySuperblockBlock,
  readSuperblock,
  SUPERBLOCK_SIZE,
  type Superblock,
} from '@e2image/ext-core/structures';
import type { BlockSet } from '@e2image/ext-core/walk';
import { type Source, windowOf } from '@e2image/sparse-io';
import { type BitmapKind, bitsPerGroup } from './bitmap-kind.ts';
import { type ImageHeader, readImageHeader } from './header.ts';
import { paddedBitmaps } from './padded-bitmaps.ts';
import { RestoredDescriptors } from './restored-descriptors.ts';
import { type ImageSections, locateImageSections } from './sections.ts';

/** A run of blocks that a normal image puts back. */
export interface ImagePart {
  readonly kind: 'inode table' | 'block bitmap' | 'inode bitmap' | 'group descriptors';
  /** First block on the device. */
  readonly block: number;
  readonly count: number;
  /** The content of these blocks: from byte `from` of `source` on. */
  readonly source: Source;
  readonly from: number;
}

/** A normal image, opened. It keeps the source of the image, which the caller closes. */
export interface NormalImage {
  readonly header: ImageHeader;
  readonly superblock: Superblock;
  /** The 1,024 bytes of the primary superblock. */
  readonly superblockBytes: Uint8Array;
  readonly sections: ImageSections;
  /**
   * All that the image puts back except the primary superblock: inode tables as far as they are in use, bitmaps that
   * are stored, and the primary descriptors, with meta_bg all copies of those in metablock groups. This is what `-I` of
   * the C tool restores. Descriptors come last. Parts overlap only in a damaged file system.
   */
  parts(options: PartOptions): Generator<ImagePart>;
}

export interface PartOptions {
  /** Blocks of the file system that were never read when the image was made. */
  readonly unread: Pick<BlockSet, 'has'>;
  /** Called for bitmaps and tables at impossible blocks, which are left out. */
  readonly onProblem: OnProblem;
}

/**
 * Open a normal image. Reads the header and the superblock; descriptors are read when `parts` needs them, 2 MiB at a time
 * in memory.
 *
 * @throws ExtError: all codes of `readImageHeader`, `locateImageSections`, and `readSuperblock` of ext-core; errors of
 *   the source
 */
export function openNormalImage(image: Source): NormalImage {
  const header = readImageHeader(readPiece(image, 0, Math.min(1024, image.size)));
  const superblockBytes = readPiece(image, header.blockSize, SUPERBLOCK_SIZE);
  const superblock = readSuperblock(superblockBytes);
  // A sparse file of a few KiB can claim any size: accept no more than openFilesystem would.
  descTableSize(superblock);
  const sections = locateImageSections(header, superblock, image.size);
  const opened = { header, superblock, superblockBytes, sections };
  return { ...opened, parts: (options) => new PartReader(image, opened, options).parts() };
}

function readPiece(source: Source, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.readAt(bytes, offset);
  return bytes;
}

class PartReader {
  readonly #image: Source;
  readonly #sb: Superblock;
  readonly #sections: ImageSections;
  readonly #options: PartOptions;
  /** The descriptors as they are in the image, and as they are put back. */
  readonly #table: DescTable;
  readonly #restored: RestoredDescriptors;
  readonly #checksums: DescChecksums;
  readonly #bitmaps: Readonly<Record<BitmapKind, Source>>;
  readonly #seed: number;
  /** One block, for a bitmap. */
  readonly #block: Uint8Array;

  constructor(image: Source, opened: Omit<NormalImage, 'parts'>, options: PartOptions) {
    const { superblock: sb, sections } = opened;
    this.#image = image;
    this.#sb = sb;
    this.#sections = sections;
    this.#options = options;
    const stored = windowOf(image, sections.descriptors.offset, sections.descriptors.length);
    this.#table = new DescTable(stored, sb.descSize);
    this.#checksums = descChecksums(sb, this.#table);
    this.#restored = new RestoredDescriptors(stored, sb, this.#checksums);
    this.#bitmaps = {
      block: paddedBitmaps(image, sb, 'block', sections.blockMap),
      inode: paddedBitmaps(image, sb, 'inode', sections.inodeMap),
    };
    this.#seed = filesystemSeed(sb);
    this.#block = new Uint8Array(sb.blockSize);
  }

  *parts(): Generator<ImagePart> {
    for (let group = 0; group < this.#sb.groupCount; group++) {
      const desc = this.#table.get(group);
      const flags = hasGroupChecksums(this.#sb) ? desc.flags : 0;
      yield* this.#inodeTable(group, desc, flags);
      if ((flags & BG_INODE_UNINIT) === 0) yield* this.#bitmap('inode', group, desc.inodeBitmap);
      if ((flags & BG_BLOCK_UNINIT) === 0) yield* this.#bitmap('block', group, desc.blockBitmap);
    }
    yield* this.#descriptors();
  }

  *#inodeTable(group: number, desc: GroupDesc, flags: number): Generator<ImagePart> {
    const blocks = inodeTableBlocks(this.#sb);
    // If a table is flagged as zeroed, the kernel relies on zeros in its unused part, which may hold something else by
    // now: the whole table is put back.
    const isZeroed = (flags & BG_INODE_ZEROED) !== 0;
    const count = isZeroed ? blocks : usedTableBlocks(this.#sb, desc, this.#checksums.isIntact(group));
    if (count === 0 || !this.#isPossible('inode table', group, desc.inodeTable, count)) return;
    const from = this.#sections.inodeTables.offset + group * blocks * this.#sb.blockSize;
    yield { kind: 'inode table', block: desc.inodeTable, count, source: this.#image, from };
  }

  *#bitmap(kind: BitmapKind, group: number, block: number): Generator<ImagePart> {
    if (!this.#isPossible(`${kind} bitmap`, group, block, 1)) return;
    const source = this.#bitmaps[kind];
    const from = group * this.#sb.blockSize;
    // COMPAT: -I of the C tool computes the checksum again, so a bitmap that was damaged when it was saved counts as
    // right; e2e/restore/restore.test.ts ("a bitmap whose checksum was wrong has a right one, as after C -I").
    if (hasRoCompat(this.#sb, 'metadata_csum') && !this.#options.unread.has(block)) {
      source.readAt(this.#block, from);
      const checksum = bitmapChecksum(this.#seed, this.#block, bitsPerGroup(this.#sb, kind));
      this.#restored.setBitmap(kind, group, checksum);
    }
    yield { kind: `${kind} bitmap`, block, count: 1, source, from };
  }

  /** Comes last, when the checksums of all bitmaps are known. */
  *#descriptors(): Generator<ImagePart> {
    const sb = this.#sb;
    const primary = primarySuperblockBlock(sb);
    for (let index = 0; index < descBlockCount(sb); index++) {
      for (const block of [descBlockLocation(sb, primary, index), ...metaBgBackups(sb, index)]) {
        yield { kind: 'group descriptors', block, count: 1, source: this.#restored, from: index * sb.blockSize };
      }
    }
  }

  #isPossible(kind: ImagePart['kind'], group: number, block: number, count: number): boolean {
    // The primary superblock is put back on its own, last of all: nothing else may claim its block.
    if (block > primarySuperblockBlock(this.#sb) && block + count <= this.#sb.blocksCount) return true;
    const message = `group ${group}: block ${block} cannot be its ${kind}`;
    const code = kind === 'inode table' ? 'bad-inode-table' : 'illegal-block';
    this.#options.onProblem({ code, message, lost: true, group, block });
    return false;
  }
}
