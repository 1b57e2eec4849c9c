import { bitmapChecksum, filesystemSeed, groupDescChecksum, groupDescCrc16 } from '../structures/checksum.ts';
import { groupDescLayout } from '../structures/group-desc.ts';
import { EXT_MAGIC, readSuperblock, superblockLayout } from '../structures/superblock.ts';

/** What the descriptor of a group says of it. */
export interface ShapedGroup {
  /** `bg_flags`. */
  readonly flags: number;
  /** `bg_itable_unused`. */
  readonly unused: number;
  /** The checksum of the descriptor is wrong. */
  readonly isDamaged: boolean;
}

/** Geometry and features of a test file system. */
export interface Shape {
  readonly blockSize: number;
  /** One entry per group. */
  readonly groups: readonly ShapedGroup[];
  /** Bytes of a descriptor: 32, or more with the 64bit feature. */
  readonly descSize: number;
  readonly inodeSize: number;
  /** A multiple of 8. */
  readonly inodesPerGroup: number;
  /** A multiple of 8. A group needs room for two superblock blocks, the descriptors, two bitmaps and the table. */
  readonly clustersPerGroup: number;
  /** Blocks per cluster; more than 1 with bigalloc. */
  readonly clusterRatio: number;
  /** Blocks of the last group; at most as many as in the others. */
  readonly lastGroupBlocks: number;
  readonly checksums: 'none' | 'gdt_csum' | 'metadata_csum';
  /** `s_first_meta_bg`; undefined: no meta_bg. */
  readonly firstMetaBg: number | undefined;
  /** Fills all that has no meaning here. */
  readonly seed: number;
}

/** Where the metadata of a group is, in block numbers. */
export interface GroupPlaces {
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
}

const RO_COMPAT_OF = { none: 0x1, gdt_csum: 0x11, metadata_csum: 0x401 } as const;
const BIGALLOC = 0x200;
/** Groups with a superblock copy under sparse_super, as far as tests have groups. */
const WITH_SUPERBLOCK: ReadonlySet<number> = new Set([0, 1, 3, 5, 7, 9, 25, 27, 49]);

/**
 * A file system of any geometry in an array, for tests that copy its metadata. It computes its own block numbers, so that
 * a test does not compare the code with itself. Everything else is noise: its inodes mean nothing.
 */
export class ShapedFilesystem {
  readonly bytes: Uint8Array;
  readonly shape: Shape;
  readonly firstDataBlock: number;
  readonly blocksCount: number;
  readonly tableBlocks: number;
  readonly #view: DataView;

  constructor(shape: Shape) {
    const { blockSize, groups, clusterRatio, clustersPerGroup, inodesPerGroup, inodeSize } = shape;
    this.shape = shape;
    this.firstDataBlock = blockSize === 1024 && clusterRatio === 1 ? 1 : 0;
    this.tableBlocks = Math.ceil((inodesPerGroup * inodeSize) / blockSize);
    const full = (groups.length - 1) * clustersPerGroup * clusterRatio;
    this.blocksCount = this.firstDataBlock + full + shape.lastGroupBlocks;
    this.bytes = noise(this.blocksCount * blockSize, shape.seed);
    this.#view = new DataView(this.bytes.buffer);
    this.#superblock();
    for (const group of groups.keys()) this.#bitmaps(group);
    this.#descriptors();
  }

  /** The primary superblock. */
  get superblock(): Uint8Array {
    return this.bytes.subarray(1024, 2048);
  }

  /** The bytes of `count` blocks, not a copy. */
  blocks(block: number, count = 1): Uint8Array {
    return this.bytes.subarray(block * this.shape.blockSize, (block + count) * this.shape.blockSize);
  }

  places(group: number): GroupPlaces {
    const start = this.#firstBlock(group) + 2 + this.#descBlockCount;
    return { blockBitmap: start, inodeBitmap: start + 1, inodeTable: start + 2 };
  }

  /** By descriptor block: the primary, and with meta_bg all copies in its metablock group. */
  get descBlocks(): number[][] {
    const { firstMetaBg = this.#descBlockCount, groups } = this.shape;
    const perBlock = this.#descsPerBlock;
    return Array.from({ length: this.#descBlockCount }, (_, index) => {
      if (index < firstMetaBg) return [this.#primary + 1 + index];
      const members = [...groups.keys()].slice(index * perBlock, (index + 1) * perBlock);
      const holders = new Set([members[0], members[1], members[perBlock - 1]]);
      return [...holders].flatMap((group) => (group === undefined ? [] : [this.#afterSuperblock(group)]));
    });
  }

  /** The stored bits of a bitmap and the blocks of it that stand for something. */
  bitsInUse(kind: 'block' | 'inode', group: number): number {
    const { clustersPerGroup, clusterRatio, inodesPerGroup, lastGroupBlocks, groups } = this.shape;
    if (kind === 'inode') return inodesPerGroup;
    return group < groups.length - 1 ? clustersPerGroup : Math.ceil(lastGroupBlocks / clusterRatio);
  }

  get #primary(): number {
    return this.shape.blockSize === 1024 ? 1 : 0;
  }

  get #descsPerBlock(): number {
    return this.shape.blockSize / this.shape.descSize;
  }

  get #descBlockCount(): number {
    return Math.ceil(this.shape.groups.length / this.#descsPerBlock);
  }

  #firstBlock(group: number): number {
    return this.firstDataBlock + group * this.shape.clustersPerGroup * this.shape.clusterRatio;
  }

  #afterSuperblock(group: number): number {
    if (group === 0) return this.#primary + 1;
    return this.#firstBlock(group) + (WITH_SUPERBLOCK.has(group) ? 1 : 0);
  }

  #superblock(): void {
    const { blockSize, groups, clusterRatio, clustersPerGroup, descSize, firstMetaBg, checksums } = this.shape;
    const f = superblockLayout;
    const logBlock = Math.log2(blockSize / 1024);
    const incompat = 0x42 | (descSize > 32 ? 0x80 : 0) | (firstMetaBg === undefined ? 0 : 0x10);
    this.superblock.fill(0);
    f.s_uuid.get(this.#view, 1024).set(noise(16, this.shape.seed + 1));
    for (const [field, value] of [
      [f.s_inodes_count, groups.length * this.shape.inodesPerGroup],
      [f.s_blocks_count_lo, this.blocksCount],
      [f.s_first_data_block, this.firstDataBlock],
      [f.s_log_block_size, logBlock],
      [f.s_log_cluster_size, logBlock + Math.log2(clusterRatio)],
      [f.s_blocks_per_group, clustersPerGroup * clusterRatio],
      [f.s_clusters_per_group, clustersPerGroup],
      [f.s_inodes_per_group, this.shape.inodesPerGroup],
      [f.s_magic, EXT_MAGIC],
      [f.s_rev_level, 1],
      [f.s_inode_size, this.shape.inodeSize],
      [f.s_desc_size, descSize],
      [f.s_first_meta_bg, firstMetaBg ?? 0],
      [f.s_feature_incompat, incompat],
      [f.s_feature_ro_compat, RO_COMPAT_OF[checksums] | (clusterRatio > 1 ? BIGALLOC : 0)],
    ] as const) {
      field.set(this.#view, 1024, value);
    }
  }

  /** Noise, then the padding: bits that stand for nothing are set. */
  #bitmaps(group: number): void {
    const { blockBitmap, inodeBitmap } = this.places(group);
    for (const [kind, block] of [
      ['block', blockBitmap],
      ['inode', inodeBitmap],
    ] as const) {
      const bitmap = this.blocks(block);
      for (let bit = this.bitsInUse(kind, group); bit < bitmap.length * 8; bit++) {
        bitmap[bit >>> 3] = (bitmap[bit >>> 3] ?? 0) | (1 << (bit & 7));
      }
    }
  }

  #descriptors(): void {
    const { descSize, groups } = this.shape;
    const table = new Uint8Array(this.#descBlockCount * this.shape.blockSize);
    for (const group of groups.keys())
      this.#descriptor(group, table.subarray(group * descSize, (group + 1) * descSize));
    for (const [index, copies] of this.descBlocks.entries()) {
      const from = index * this.shape.blockSize;
      for (const block of copies) this.blocks(block).set(table.subarray(from, from + this.shape.blockSize));
    }
  }

  #descriptor(group: number, desc: Uint8Array): void {
    const { descSize, groups, checksums, inodesPerGroup, clustersPerGroup } = this.shape;
    const { flags, unused, isDamaged } = groups[group] ?? { flags: 0, unused: 0, isDamaged: false };
    const { blockBitmap, inodeBitmap, inodeTable } = this.places(group);
    const f = groupDescLayout;
    const view = new DataView(desc.buffer, desc.byteOffset, desc.length);
    const seed = filesystemSeed(readSuperblock(this.superblock));
    const sums = {
      block: checksums === 'metadata_csum' ? bitmapChecksum(seed, this.blocks(blockBitmap), clustersPerGroup) : 0,
      inode: checksums === 'metadata_csum' ? bitmapChecksum(seed, this.blocks(inodeBitmap), inodesPerGroup) : 0,
    };
    f.bg_block_bitmap_lo.set(view, 0, blockBitmap);
    f.bg_inode_bitmap_lo.set(view, 0, inodeBitmap);
    f.bg_inode_table_lo.set(view, 0, inodeTable);
    f.bg_flags.set(view, 0, flags);
    f.bg_itable_unused_lo.set(view, 0, unused & 0xffff);
    f.bg_block_bitmap_csum_lo.set(view, 0, sums.block & 0xffff);
    f.bg_inode_bitmap_csum_lo.set(view, 0, sums.inode & 0xffff);
    if (descSize > 32) {
      f.bg_itable_unused_hi.set(view, 0, unused >>> 16);
      f.bg_block_bitmap_csum_hi.set(view, 0, sums.block >>> 16);
      f.bg_inode_bitmap_csum_hi.set(view, 0, sums.inode >>> 16);
    }
    const uuid = superblockLayout.s_uuid.get(this.#view, 1024);
    const crc32 = (): number => groupDescChecksum(seed, group, desc);
    const right = { none: () => 0, gdt_csum: () => groupDescCrc16(uuid, group, desc), metadata_csum: crc32 }[
      checksums
    ]();
    f.bg_checksum.set(view, 0, isDamaged ? right ^ 1 : right);
  }
}

/** Random bytes: the same for the same seed, few zeros among them. */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed ^ 0x9e37_79b9) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}
