import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import {
  EXTENT_MAGIC,
  extentHeaderLayout,
  extentIndexLayout,
  extentLayout,
  groupDescLayout,
  I_BLOCK,
  INCOMPAT,
  INODE_FLAG,
  inodeLayout,
  MODE,
  RO_COMPAT,
  superblockLayout,
} from '@e2image/ext-core/structures';
import { planImage, sourceRuns, writePlain } from '@e2image/qcow2';
import { FileSink } from '@e2image/sparse-io';

/** Bytes at `[offset, offset + bytes.length)`; between pieces are zeros. */
interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A file system far larger than its contents: pieces in ascending order. */
export interface VastFilesystem {
  /** Bytes of the file system. */
  readonly size: number;
  readonly pieces: readonly Piece[];
  /** Those of them that are contents of a file: here and there, from its first block to its last. */
  readonly marks: readonly Piece[];
}

const BLOCK = 1024;
/** The largest group that the format knows without bigalloc: few descriptors for many blocks. */
const LARGEST_GROUP = 65_528;

interface Shape {
  readonly blocks: number;
  readonly blocksPerGroup: number;
  /** First block of the inode table and of the two bitmaps of a group. */
  readonly place: (group: number) => readonly [inodeTable: number, blockBitmap: number, inodeBitmap: number];
}

function superblock({ blocks, blocksPerGroup }: Shape): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const view = new DataView(bytes.buffer);
  const f = superblockLayout;
  const set = (name: Exclude<keyof typeof f, 's_uuid'>, value: number): void => {
    const field = f[name];
    if ('set' in field) field.set(view, 0, value);
  };
  set('s_magic', 0xef53);
  set('s_rev_level', 1);
  set('s_state', 1);
  set('s_blocks_count_lo', blocks % 2 ** 32);
  set('s_blocks_count_hi', Math.floor(blocks / 2 ** 32));
  set('s_first_data_block', 1);
  set('s_blocks_per_group', blocksPerGroup);
  set('s_clusters_per_group', blocksPerGroup);
  set('s_inodes_per_group', 8);
  set('s_inodes_count', 8 * groupCount({ blocks, blocksPerGroup }));
  set('s_inode_size', 128);
  set('s_first_ino', 11);
  set('s_desc_size', 64);
  set('s_feature_incompat', INCOMPAT['64bit'] | INCOMPAT.extents | INCOMPAT.filetype);
  set('s_feature_ro_compat', RO_COMPAT.sparse_super);
  return bytes;
}

const groupCount = ({ blocks, blocksPerGroup }: Pick<Shape, 'blocks' | 'blocksPerGroup'>): number =>
  Math.ceil((blocks - 1) / blocksPerGroup);

function descriptors(shape: Shape): Uint8Array {
  const count = groupCount(shape);
  const bytes = new Uint8Array(Math.ceil((count * 64) / BLOCK) * BLOCK);
  const view = new DataView(bytes.buffer);
  const f = groupDescLayout;
  for (let group = 0; group < count; group++) {
    const [table, blockBitmap, inodeBitmap] = shape.place(group);
    for (const [lo, hi, block] of [
      [f.bg_inode_table_lo, f.bg_inode_table_hi, table],
      [f.bg_block_bitmap_lo, f.bg_block_bitmap_hi, blockBitmap],
      [f.bg_inode_bitmap_lo, f.bg_inode_bitmap_hi, inodeBitmap],
    ] as const) {
      lo.set(view, 64 * group, block % 2 ** 32);
      hi.set(view, 64 * group, Math.floor(block / 2 ** 32));
    }
  }
  return bytes;
}

/**
 * 2^21 groups, the most whose descriptors are read, each with its table and bitmaps somewhere else: three runs of one
 * block per group, all in holes of the file. 2^32 blocks of 1 KiB.
 */
export function scatteredGroups(): VastFilesystem {
  const blocks = 2 ** 32 - 1;
  const first = 2 ** 18;
  const scatter = (index: number): number => first + ((index * 1_000_003 * 17) % (blocks - first));
  const shape: Shape = {
    blocks,
    blocksPerGroup: 2048,
    place: (group) => [scatter(3 * group), scatter(3 * group + 1), scatter(3 * group + 2)],
  };
  return {
    size: blocks * BLOCK,
    pieces: [
      { offset: BLOCK, bytes: superblock(shape) },
      { offset: 2 * BLOCK, bytes: descriptors(shape) },
    ],
    marks: [],
  };
}

/** Blocks of the file that have contents; all others are holes. */
const MARKS = 100;

/** Entries of a node of an extent tree. */
const PER_NODE = Math.floor((BLOCK - 12) / 12);

/**
 * One file in as many pieces of one block as `extents` says, evenly over all of the file system, so that its blocks
 * have no neighbours anywhere; in an order that is not that of the disk.
 */
export function fragmentedFile({ blocks, extents }: { blocks: number; extents: number }): VastFilesystem {
  const shape: Shape = {
    blocks,
    blocksPerGroup: LARGEST_GROUP,
    // Only the first group has an inode; all others share a table that is a hole.
    place: (group) => [group === 0 ? first : behind - 1, first + 1, first + 2],
  };
  const table = descriptors({ ...shape, place: () => [0, 0, 0] });
  const first = 2 + table.length / BLOCK;
  const nodes = first + 3;
  const leaves = Math.ceil(extents / PER_NODE);
  const behind = nodes + 2 * leaves + 256;
  const stride = Math.floor((blocks - behind) / extents);
  const step = 7919;
  // The step must have no factor in common with the number of extents: each place is then taken once.
  if (extents % step === 0) throw new RangeError('choose another number of extents');
  const tree = extentTree({ nodes, extents, start: (index) => behind + ((index * step) % extents) * stride });
  const inodes = new Uint8Array(BLOCK);
  fileInode(inodes, 8, tree);
  const marks = Array.from({ length: MARKS }, (_, i) => ({
    offset: (behind + Math.floor((i * (extents - 1)) / (MARKS - 1)) * stride) * BLOCK,
    bytes: new Uint8Array(BLOCK).fill(i + 1),
  }));
  return {
    size: blocks * BLOCK,
    pieces: [
      { offset: BLOCK, bytes: superblock(shape) },
      { offset: 2 * BLOCK, bytes: descriptors(shape) },
      { offset: first * BLOCK, bytes: inodes },
      { offset: nodes * BLOCK, bytes: tree.bytes },
      ...marks,
    ],
    marks,
  };
}

interface Tree {
  /** The nodes but for the root, one after the other. */
  readonly bytes: Uint8Array;
  readonly depth: number;
  /** Nodes below the root: first logical block and block number of each. */
  readonly top: readonly (readonly [logical: number, block: number])[];
}

/** A tree of extents of one block each. @param nodes where its nodes begin */
function extentTree(options: { nodes: number; extents: number; start: (index: number) => number }): Tree {
  const { nodes, extents, start } = options;
  const levels: Uint8Array[] = [];
  const e = extentLayout;
  const leaf = level(extents, 0, (view, at, index) => {
    const block = start(index);
    e.ee_block.set(view, at, index);
    e.ee_len.set(view, at, 1);
    e.ee_start_lo.set(view, at, block % 2 ** 32);
    e.ee_start_hi.set(view, at, Math.floor(block / 2 ** 32));
  });
  levels.push(leaf);
  let below = Math.ceil(extents / PER_NODE);
  let from = nodes;
  let covered = PER_NODE;
  for (; below > 4; covered *= PER_NODE) {
    const [first, span] = [from, covered];
    from += below;
    levels.push(level(below, levels.length, (view, at, index) => setIndex(view, at, index * span, first + index)));
    below = Math.ceil(below / PER_NODE);
  }
  const bytes = new Uint8Array(levels.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of levels) {
    bytes.set(one, at);
    at += one.length;
  }
  const top = Array.from({ length: below }, (_, index) => [index * covered, from + index] as const);
  return { bytes, depth: levels.length, top };
}

function setIndex(view: DataView, at: number, logical: number, block: number): void {
  const x = extentIndexLayout;
  x.ei_block.set(view, at, logical);
  x.ei_leaf_lo.set(view, at, block % 2 ** 32);
  x.ei_leaf_hi.set(view, at, Math.floor(block / 2 ** 32));
}

/** The nodes of one level, filled to the brim but for the last. */
function level(entries: number, depth: number, put: (view: DataView, at: number, index: number) => void): Uint8Array {
  const count = Math.ceil(entries / PER_NODE);
  const bytes = new Uint8Array(count * BLOCK);
  const view = new DataView(bytes.buffer);
  for (let node = 0; node < count; node++) {
    const base = node * BLOCK;
    const here = Math.min(PER_NODE, entries - node * PER_NODE);
    setHeader(view, base, { entries: here, max: PER_NODE, depth });
    for (let i = 0; i < here; i++) put(view, base + 12 + 12 * i, node * PER_NODE + i);
  }
  return bytes;
}

function setHeader(
  view: DataView,
  at: number,
  { entries, max, depth }: { entries: number; max: number; depth: number },
): void {
  const h = extentHeaderLayout;
  h.eh_magic.set(view, at, EXTENT_MAGIC);
  h.eh_entries.set(view, at, entries);
  h.eh_max.set(view, at, max);
  h.eh_depth.set(view, at, depth);
}

/** Inode `number` of the first table block: a regular file with this tree. */
function fileInode(table: Uint8Array, number: number, { top, depth }: Tree): void {
  const view = new DataView(table.buffer);
  const base = ((number - 1) % 8) * 128;
  const f = inodeLayout;
  f.i_mode.set(view, base, MODE.regular | 0o644);
  f.i_links_count.set(view, base, 1);
  f.i_blocks_lo.set(view, base, 8);
  f.i_flags.set(view, base, INODE_FLAG.extents);
  setHeader(view, base + I_BLOCK, { entries: top.length, max: 4, depth });
  for (const [index, [logical, block]] of top.entries()) {
    setIndex(view, base + I_BLOCK + 12 + 12 * index, logical, block);
  }
}

/** Write it as a sparse file. */
export function writeSparse(path: string, { size, pieces }: VastFilesystem): void {
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  for (const { offset, bytes } of pieces) {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, offset + at);
  }
  closeSync(fd);
}

/** Write it as a QCOW2 image: for sizes that no file may have. */
export async function writeVastQcow2(path: string, { size, pieces }: VastFilesystem): Promise<void> {
  const source = {
    size,
    readAt(into: Uint8Array, offset: number): void {
      into.fill(0);
      for (const piece of pieces) {
        const from = Math.max(offset, piece.offset);
        const to = Math.min(offset + into.length, piece.offset + piece.bytes.length);
        if (from < to) into.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
      }
    },
    extentAt(offset: number) {
      const next = pieces.find((piece) => piece.offset + piece.bytes.length > offset);
      if (next === undefined) return { kind: 'hole' as const, offset, length: size - offset };
      if (next.offset > offset) return { kind: 'hole' as const, offset, length: next.offset - offset };
      return { kind: 'data' as const, offset, length: next.offset + next.bytes.length - offset };
    },
  };
  const clusterBits = 16;
  const runs = await sourceRuns(source, { clusterBits });
  const plan = planImage({ virtualSize: size, clusterBits, version: 2, runs });
  const fd = openSync(path, 'w');
  const sink = new FileSink(fd, { zero: 'write' });
  const { bytes } = await writePlain(source, sink, { plan });
  await sink.sync(bytes);
  closeSync(fd);
}
