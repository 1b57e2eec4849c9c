import type { Source } from '../bytes/source.ts';
import { EXTENT_MAGIC, extentHeaderLayout } from '../structures/extent.ts';
import { INCOMPAT } from '../structures/features.ts';
import { groupDescLayout } from '../structures/group-desc.ts';
import { I_BLOCK, INODE_FLAG, inodeLayout, MODE } from '../structures/inode.ts';
import { MMP_MAGIC, mmpLayout } from '../structures/mmp.ts';
import { EXT_MAGIC, readSuperblock, type Superblock, superblockLayout } from '../structures/superblock.ts';

/** Geometry of the test file system: 1 KiB blocks, 256 blocks and 32 inodes of 128 bytes in a group. */
export const TINY = {
  blockSize: 1024,
  blocksPerGroup: 256,
  inodesPerGroup: 32,
  inodeSize: 128,
  tableBlocks: 4,
} as const;

/**
 * A file system in an array, for tests: revision 1, sparse_super, 32-byte descriptors, no checksums, no content. Each
 * group has block bitmap, inode bitmap and inode table after the (possible) superblock copy, at its blocks 4, 5, 6.
 */
export class TinyFilesystem implements Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Blocks that cannot be read. */
  readonly unreadable = new Set<number>();
  /** Blocks read so far, repeats counted. */
  blocksRead = 0;

  constructor(groups = 2) {
    const blocks = 1 + groups * TINY.blocksPerGroup;
    this.bytes = new Uint8Array(blocks * TINY.blockSize);
    this.view = new DataView(this.bytes.buffer);
    const f = superblockLayout;
    const at = TINY.blockSize;
    f.s_inodes_count.set(this.view, at, groups * TINY.inodesPerGroup);
    f.s_blocks_count_lo.set(this.view, at, blocks);
    f.s_first_data_block.set(this.view, at, 1);
    f.s_blocks_per_group.set(this.view, at, TINY.blocksPerGroup);
    f.s_clusters_per_group.set(this.view, at, TINY.blocksPerGroup);
    f.s_inodes_per_group.set(this.view, at, TINY.inodesPerGroup);
    f.s_magic.set(this.view, at, EXT_MAGIC);
    f.s_rev_level.set(this.view, at, 1);
    f.s_inode_size.set(this.view, at, TINY.inodeSize);
    f.s_feature_incompat.set(this.view, at, 0x42);
    f.s_feature_ro_compat.set(this.view, at, 0x1);
    f.s_journal_inum.set(this.view, at, 8);
    for (let group = 0; group < groups; group++) {
      const first = 1 + group * TINY.blocksPerGroup;
      const base = 2 * TINY.blockSize + group * 32;
      groupDescLayout.bg_block_bitmap_lo.set(this.view, base, first + 4);
      groupDescLayout.bg_inode_bitmap_lo.set(this.view, base, first + 5);
      groupDescLayout.bg_inode_table_lo.set(this.view, base, first + 6);
    }
  }

  get size(): number {
    return this.bytes.length;
  }

  readAt(into: Uint8Array, offset: number): void {
    for (let block = Math.floor(offset / 1024); block * 1024 < offset + into.length; block++) {
      this.blocksRead++;
      if (this.unreadable.has(block)) throw Object.assign(new Error('input/output error'), { code: 'EIO' });
    }
    if (offset + into.length > this.size) throw Object.assign(new Error('short read'), { code: 'SPARSE_SHORT_READ' });
    into.set(this.bytes.subarray(offset, offset + into.length));
  }

  /** Set the mmp feature and write an MMP block without a checksum. */
  mmp(block: number, { magic = MMP_MAGIC, sequence }: { readonly magic?: number; readonly sequence: number }): void {
    const f = superblockLayout;
    f.s_feature_incompat.set(this.view, 1024, f.s_feature_incompat.get(this.view, 1024) | INCOMPAT.mmp);
    f.s_mmp_block_lo.set(this.view, 1024, block);
    const base = block * TINY.blockSize;
    if (base >= this.size) return;
    mmpLayout.mmp_magic.set(this.view, base, magic);
    mmpLayout.mmp_seq.set(this.view, base, sequence);
  }

  /** Byte offset of an inode. */
  inodeBase(inode: number): number {
    const group = Math.floor((inode - 1) / TINY.inodesPerGroup);
    const index = (inode - 1) % TINY.inodesPerGroup;
    return (1 + group * TINY.blocksPerGroup + 6) * TINY.blockSize + index * TINY.inodeSize;
  }

  /** Make a linked inode of a type with a block map of these entries. @returns its byte offset */
  mapped(inode: number, mode: keyof typeof MODE, map: Readonly<Record<number, number>>): number {
    const base = this.inodeBase(inode);
    inodeLayout.i_mode.set(this.view, base, MODE[mode]);
    inodeLayout.i_links_count.set(this.view, base, 1);
    inodeLayout.i_blocks_lo.set(this.view, base, 2);
    for (const [entry, block] of Object.entries(map))
      this.view.setUint32(base + I_BLOCK + 4 * Number(entry), block, true);
    return base;
  }

  /** Make a linked inode with an extent root. @returns its byte offset */
  extents(
    inode: number,
    mode: keyof typeof MODE,
    depth: number,
    entries: readonly (readonly [number, number, number])[],
  ): number {
    const base = this.mapped(inode, mode, {});
    inodeLayout.i_flags.set(this.view, base, INODE_FLAG.extents);
    this.extentNode(base + I_BLOCK, 4, depth, entries);
    return base;
  }

  /**
   * Write an extent node: entries are `[logical, length, block]`, or with `depth` > 0 `[logical, ignored, block]`.
   *
   * @param at byte offset
   */
  extentNode(at: number, max: number, depth: number, entries: readonly (readonly [number, number, number])[]): void {
    const h = extentHeaderLayout;
    h.eh_magic.set(this.view, at, EXTENT_MAGIC);
    h.eh_entries.set(this.view, at, entries.length);
    h.eh_max.set(this.view, at, max);
    h.eh_depth.set(this.view, at, depth);
    entries.forEach(([logical, length, block], i) => {
      const entry = at + 12 * (i + 1);
      this.view.setUint32(entry, logical, true);
      if (depth === 0) {
        this.view.setUint16(entry + 4, length, true);
        this.view.setUint32(entry + 8, block, true);
      } else {
        this.view.setUint32(entry + 4, block, true);
      }
    });
  }

  /** Write block numbers into a mapping block. */
  pointers(block: number, numbers: readonly number[]): void {
    for (const [i, number] of numbers.entries()) this.view.setUint32(block * 1024 + 4 * i, number, true);
  }
}

/** The decoded superblock of a new `TinyFilesystem`, for tests that need some superblock with a few values of their own. */
export const tinySuperblock = (): Superblock => readSuperblock(new TinyFilesystem().bytes.subarray(1024, 2048));
