import {
  type DescChecksums,
  DescTable,
  descChecksums,
  descTableSize,
  type ImageHeader,
  type ImageSections,
  inodeTableBlocks,
  locateImageSections,
  openFilesystem,
  type Problem,
  readImageHeader,
} from '@e2image/ext-core';
import {
  BG_BLOCK_UNINIT,
  BG_INODE_UNINIT,
  BG_INODE_ZEROED,
  bitmapChecksum,
  descBlockCount,
  descBlockLocation,
  descsPerBlock,
  filesystemSeed,
  type GroupDesc,
  groupFirstBlock,
  hasGroupChecksums,
  hasIncompat,
  hasRoCompat,
  metaBgCopy,
  primarySuperblockBlock,
  readSuperblock,
  SUPERBLOCK_SIZE,
  type Superblock,
} from '@e2image/ext-core/structures';
import type { BlockSet } from '@e2image/ext-core/walk';
import { type ByteRange, memorySource, type Source, windowOf } from '@e2image/sparse-io';
import { JoinedSegments } from '../base/joined-segments.ts';
import { arrange, overlay, type Segment, without } from '../base/segments.ts';
import { blockSet, type ImageContent, KindSets, SUPERBLOCK_RANGE, wholeBlocks, zeros } from './content.ts';
import { blockBitmaps, inodeBitmaps, paddedBitmaps } from './padded-bitmaps.ts';
import { RestoredDescriptors } from './restored-descriptors.ts';

/** A normal image, opened. */
interface NormalImage {
  readonly image: Source;
  /** Blocks of the file system that were never read. */
  readonly unread: BlockSet;
  readonly header: ImageHeader;
  readonly sb: Superblock;
  readonly superblock: Uint8Array;
  readonly sections: ImageSections;
  /** The descriptors as they are in the image, and as they are put back. */
  readonly table: DescTable;
  readonly restored: RestoredDescriptors;
  readonly checksums: DescChecksums;
}

/**
 * What a normal image puts back: inode tables as far as they are in use, bitmaps that are stored, the primary
 * descriptors (with meta_bg all copies of those in metablock groups) and the primary superblock: what C's `-I` does.
 *
 * @param unread bytes of the file system that were never read
 * @throws ExtError when the image is none or contradicts itself; RestoreError RESTORE_TOO_LARGE
 */
export function normalContent(source: Source, unread: readonly ByteRange[]): ImageContent {
  const opened = openNormalImage(source, unread);
  const collector = new Collector(opened);
  for (let group = 0; group < opened.sb.groupCount; group++) collector.group(group);
  collector.descriptors();
  const segments = arrange(collector.segments.list);
  const { header, sb, superblock } = opened;
  const { kept, removed } = without(segments, wholeBlocks(unread, sb.blockSize));
  const whole = overlay(zeros(sb.blocksCount * sb.blockSize), [superblockSegment(superblock), ...segments]);
  return {
    format: 'normal',
    fs: openFilesystem(whole),
    superblock,
    segments: kept,
    kinds: collector.kinds.sets,
    unread: removed,
    problems: collector.problems,
    hasJournal: false,
    origin: { hostName: header.hostName, deviceName: header.deviceName, createdAt: header.createdAt },
  };
}

const superblockSegment = (superblock: Uint8Array): Segment => ({
  ...SUPERBLOCK_RANGE,
  source: memorySource(superblock),
  from: 0,
});

function openNormalImage(image: Source, unread: readonly ByteRange[]): NormalImage {
  const header = readImageHeader(readPiece(image, 0, Math.min(1024, image.size)));
  const superblock = readPiece(image, header.blockSize, SUPERBLOCK_SIZE);
  const sb = readSuperblock(superblock);
  // A sparse file of a few KiB can claim to be any size: no more than what openFilesystem would take.
  descTableSize(sb);
  const sections = locateImageSections(header, sb, image.size);
  const { offset, length } = sections.descriptors;
  const stored = windowOf(image, offset, length);
  const table = new DescTable(stored, sb.descSize);
  const checksums = descChecksums(sb, table);
  const restored = new RestoredDescriptors(stored, sb, { checksums, hasChecksums: hasGroupChecksums(sb) });
  return {
    image,
    unread: blockSet(unread, sb.blockSize),
    header,
    sb,
    superblock,
    sections,
    table,
    restored,
    checksums,
  };
}

function readPiece(source: Source, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  source.readAt(bytes, offset);
  return bytes;
}

class Collector {
  readonly segments = new JoinedSegments();
  readonly kinds = new KindSets();
  readonly problems: Problem[] = [];
  readonly #opened: NormalImage;
  readonly #bitmaps: { readonly block: Source; readonly inode: Source };
  readonly #seed: number;
  /** One block, for a bitmap. */
  readonly #block: Uint8Array;

  constructor(opened: NormalImage) {
    const { image, sb, sections } = opened;
    this.#opened = opened;
    this.#seed = filesystemSeed(sb);
    this.#block = new Uint8Array(sb.blockSize);
    this.#bitmaps = {
      block: paddedBitmaps(blockBitmaps(sb, image, sections.blockMap), sb.blockSize, sb.groupCount),
      inode: paddedBitmaps(inodeBitmaps(sb, image, sections.inodeMap), sb.blockSize, sb.groupCount),
    };
  }

  group(group: number): void {
    const { sb, table, checksums } = this.#opened;
    const desc = table.get(group);
    const flags = hasGroupChecksums(sb) ? desc.flags : 0;
    // What a damaged descriptor says of unused inodes is not believed, as e2fsck does not: the whole table is put back.
    const believed = hasGroupChecksums(sb) && checksums.isIntact(group);
    // The kernel relies on zeros in the unused part of a table that is flagged as zeroed: what became of it meanwhile
    // must not come to light when the part is used.
    const isZeroed = (flags & BG_INODE_ZEROED) !== 0;
    if (isZeroed || !believed || (flags & BG_INODE_UNINIT) === 0) {
      this.#inodeTable(group, desc, believed && !isZeroed);
    }
    if ((flags & BG_INODE_UNINIT) === 0) this.#bitmap('inode', group, desc.inodeBitmap);
    if ((flags & BG_BLOCK_UNINIT) === 0) this.#bitmap('block', group, desc.blockBitmap);
  }

  /** @param usedOnly leave out the inodes that were never used */
  #inodeTable(group: number, desc: GroupDesc, usedOnly: boolean): void {
    const { image, sb, sections } = this.#opened;
    const blocks = inodeTableBlocks(sb);
    const unused = usedOnly && desc.itableUnused <= sb.inodesPerGroup ? desc.itableUnused : 0;
    const count = blocks - Math.floor(unused / (sb.blockSize / sb.inodeSize));
    if (count === 0) return;
    if (!this.#isPlace('inode table', group, desc.inodeTable, count)) return;
    const from = sections.inodeTables.offset + group * blocks * sb.blockSize;
    this.#take('inode table', desc.inodeTable, count, { source: image, from });
  }

  #bitmap(kind: 'block' | 'inode', group: number, block: number): void {
    const { sb, unread } = this.#opened;
    if (!this.#isPlace(`${kind} bitmap`, group, block, 1)) return;
    const bits = kind === 'block' ? sb.clustersPerGroup : sb.inodesPerGroup;
    const source = this.#bitmaps[kind];
    this.#take(`${kind} bitmap`, block, 1, { source, from: group * sb.blockSize });
    if (hasRoCompat(sb, 'metadata_csum') && !unread.has(block)) this.#bitmapChecksum(kind, group, source, bits);
  }

  /** COMPAT: C's -I computes the checksum anew, so a bitmap that was damaged when it was saved counts as right. */
  #bitmapChecksum(kind: 'block' | 'inode', group: number, source: Source, bits: number): void {
    const { sb, restored } = this.#opened;
    source.readAt(this.#block, group * sb.blockSize);
    restored.setBitmap(kind, group, bitmapChecksum(this.#seed, this.#block, bits));
  }

  #take(kind: string, block: number, count: number, place: Pick<Segment, 'source' | 'from'>): void {
    const { blockSize } = this.#opened.sb;
    this.kinds.add(kind, block, count);
    this.segments.add(kind, { offset: block * blockSize, length: count * blockSize, ...place });
  }

  #isPlace(kind: string, group: number, block: number, count: number): boolean {
    const { sb } = this.#opened;
    // The primary superblock is put back on its own, last of all: nothing else may claim its block.
    if (block > primarySuperblockBlock(sb) && block + count <= sb.blocksCount) return true;
    const message = `group ${group}: block ${block} cannot be its ${kind}`;
    const code = kind === 'inode table' ? 'bad-inode-table' : 'illegal-block';
    this.problems.push({ code, message, lost: true, group, block });
    return false;
  }

  /** The descriptor blocks, their bitmap checksums brought up to date: call it last. */
  descriptors(): void {
    const { sb, restored } = this.#opened;
    const primary = primarySuperblockBlock(sb);
    for (let index = 0; index < descBlockCount(sb); index++) {
      for (const block of [descBlockLocation(sb, primary, index), ...metaBgCopies(sb, index)]) {
        this.#take('group descriptors', block, 1, { source: restored, from: index * sb.blockSize });
      }
    }
  }
}

/** The copies of descriptor block `index` in its own metablock group. Copies of the classic kind are left alone, as C. */
function metaBgCopies(sb: Superblock, index: number): number[] {
  if (!hasIncompat(sb, 'meta_bg') || index < sb.firstMetaBg) return [];
  const first = index * descsPerBlock(sb);
  const groups = new Set([first + 1, first + descsPerBlock(sb) - 1]);
  return [...groups]
    .filter((group) => group > first && group < sb.groupCount && groupFirstBlock(sb, group) < sb.blocksCount)
    .map((group) => metaBgCopy(sb, group));
}
