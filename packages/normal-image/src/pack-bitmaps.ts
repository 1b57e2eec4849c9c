import { type Filesystem, type OnProblem, readIsolated, setBitmapRun, uninitBlockBitmaps } from '@e2image/ext-core';
import { BG_INODE_UNINIT, hasGroupChecksums } from '@e2image/ext-core/structures';
import type { BlockRun, BlockSet } from '@e2image/ext-core/walk';
import type { ByteRange } from '@e2image/sparse-io';
import { type BitmapKind, bitsPerGroup } from './bitmap-kind.ts';
import type { ForwardWriter } from './forward-writer.ts';
import { holeBlocks } from './hole-blocks.ts';

/** Bytes of bitmaps that are collected for one write. */
const BITMAP_UNIT = 256 * 1024;

/** Where the bitmap of a group comes from: a block number, or the bits to set if the bitmap was never written. */
type BitmapOrigin = number | readonly BlockRun[];

export interface PackOptions {
  readonly fs: Filesystem;
  /** Where the bitmaps go in the image. */
  readonly section: ByteRange;
  readonly out: ForwardWriter;
  /** Receives the blocks that cannot be read. */
  readonly lost: BlockSet;
  readonly onProblem: OnProblem | undefined;
}

/**
 * Write the block or inode bitmaps of all groups, packed: the bits of each group without the padding of its block. For a
 * bitmap that was never written, the bits are those that e2fsprogs would use.
 */
export async function packBitmaps(kind: BitmapKind, { fs, section, out, lost, onProblem }: PackOptions): Promise<void> {
  const bytesPerGroup = bitsPerGroup(fs.superblock, kind) / 8;
  const origin = kind === 'block' ? blockOrigins(fs) : inodeOrigins(fs);
  const groupsPerWrite = Math.max(1, Math.floor(BITMAP_UNIT / bytesPerGroup));
  const reader = new BitmapReader(fs, kind, onProblem);
  const buffer = new Uint8Array(Math.min(groupsPerWrite, fs.groupCount) * bytesPerGroup);
  await out.zeroTo(section.offset);
  for (let first = 0; first < fs.groupCount; first += groupsPerWrite) {
    const groups = Math.min(groupsPerWrite, fs.groupCount - first);
    const packed = buffer.subarray(0, groups * bytesPerGroup).fill(0);
    const offset = section.offset + first * bytesPerGroup;
    let hasBits = false;
    for (let i = 0; i < groups; i++) {
      const from = origin(first + i);
      const bitmap = packed.subarray(i * bytesPerGroup, (i + 1) * bytesPerGroup);
      if (typeof from !== 'number') {
        for (const run of from) setBitmapRun(bitmap, run);
        hasBits ||= from.length > 0;
      } else {
        const found = reader.read(bitmap, first + i, from);
        if (found === 'lost') lost.add(from);
        hasBits ||= found === 'bits';
      }
    }
    if (hasBits) out.write(packed, offset);
    await out.pause(packed.length);
  }
}

function blockOrigins(fs: Filesystem): (group: number) => BitmapOrigin {
  const uninit = uninitBlockBitmaps(fs.superblock, (group) => fs.groupDesc(group));
  return (group) => uninit(group) ?? fs.groupDesc(group).blockBitmap;
}

function inodeOrigins(fs: Filesystem): (group: number) => BitmapOrigin {
  const hasFlags = hasGroupChecksums(fs.superblock);
  return (group) => {
    const desc = fs.groupDesc(group);
    return hasFlags && (desc.flags & BG_INODE_UNINIT) !== 0 ? [] : desc.inodeBitmap;
  };
}

/** Reads 16 bitmap blocks at a time: with flex_bg the bitmaps of neighbouring groups are neighbours on the disk. */
class BitmapReader {
  readonly #fs: Filesystem;
  readonly #kind: BitmapKind;
  readonly #onProblem: OnProblem | undefined;
  readonly #ahead: Uint8Array;
  #first = 0;
  #count = 0;
  #unreadable = new Set<number>();

  constructor(fs: Filesystem, kind: BitmapKind, onProblem: OnProblem | undefined) {
    this.#fs = fs;
    this.#kind = kind;
    this.#onProblem = onProblem;
    this.#ahead = new Uint8Array(16 * fs.blockSize);
  }

  /**
   * Fill `bitmap` with the first bytes of block `block`.
   *
   * @returns `bits`; or why it stays zeros: `zeros` when that is its content, `lost` when the block cannot be read
   */
  read(bitmap: Uint8Array, group: number, block: number): 'bits' | 'zeros' | 'lost' {
    const { blockSize, blocksCount, superblock } = this.#fs;
    if (block === 0) return 'zeros';
    if (block < superblock.firstDataBlock || block >= blocksCount) {
      const message = `group ${group}: block ${block} cannot be its ${this.#kind} bitmap`;
      this.#onProblem?.({ code: 'illegal-block', message, lost: true, group, block });
      return 'lost';
    }
    if (block < this.#first || block >= this.#first + this.#count) {
      if (holeBlocks(this.#fs, block) > 0) return 'zeros';
      this.#load(block);
    }
    const at = (block - this.#first) * blockSize;
    bitmap.set(this.#ahead.subarray(at, at + bitmap.length));
    if (!this.#unreadable.has(block)) return 'bits';
    const message = `${this.#kind} bitmap of group ${group}: block ${block} cannot be read`;
    this.#onProblem?.({ code: 'unreadable', message, lost: true, group, block });
    return 'lost';
  }

  #load(block: number): void {
    const { blockSize, blocksCount, source } = this.#fs;
    const end = Math.min(blocksCount, Math.max(block + 1, Math.floor(source.size / blockSize)));
    this.#first = block;
    this.#count = Math.min(this.#ahead.length / blockSize, end - block);
    this.#unreadable = new Set();
    const into = this.#ahead.subarray(0, this.#count * blockSize);
    readIsolated(this.#fs, into, block, (unreadable) => this.#unreadable.add(unreadable));
  }
}
