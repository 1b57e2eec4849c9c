import { I_BLOCK } from '../structures/inode.ts';
import { illegalNode, isBlockOf, type MappingWalk, unreadableNode, windowAt } from './mapping.ts';

/** Entries of `i_block` that refer to blocks of the file itself; the three trees follow them. */
const DIRECT_BLOCKS = 12;

/**
 * Walk the direct and indirect blocks of the ext2/3 inode at `base` of `view`, in logical order.
 *
 * Memory is one window of 256 KiB for each level. A block of the map that `visitor.node` already knows is not
 * read again, which bounds the walk of maps that contain themselves.
 *
 * Source: kernel Documentation/filesystems/ext4/blockmap.rst.
 */
export function walkBlockMap(walk: MappingWalk, view: DataView, base: number): void {
  const perBlock = walk.fs.blockSize / 4;
  const map = base + I_BLOCK;
  if (walk.wantData) direct(walk, view, map, DIRECT_BLOCKS, 0);
  let logical = DIRECT_BLOCKS;
  for (let level = 0; level < 3; level++) {
    const block = view.getUint32(map + 4 * (DIRECT_BLOCKS + level), true);
    // Most files have no tree: without a call for each of them the compiler does not optimise `indirect` in vain.
    if (block !== 0) indirect(walk, [block], logical, level);
    logical += perBlock ** (level + 1);
  }
}

/** `count` block numbers at `base` that refer to blocks of the file: neighbours are joined. */
function direct({ visitor }: MappingWalk, view: DataView, base: number, count: number, logical: number): void {
  let start = 0;
  let length = 0;
  for (let i = 0; i < count; i++) {
    const block = view.getUint32(base + 4 * i, true);
    if (block !== 0 && block === start + length) {
      length++;
      continue;
    }
    if (length > 0) visitor.data(start, length, logical + i - length, false);
    start = block;
    length = block === 0 ? 0 : 1;
  }
  if (length > 0) visitor.data(start, length, logical + count - length, false);
}

/**
 * Blocks of the map, one level above `level` more of them; 0 is a hole.
 *
 * @param logical first file block below `blocks[0]`
 */
function indirect(walk: MappingWalk, blocks: readonly number[], logical: number, level: number): void {
  const { fs, inode, visitor, wantData } = walk;
  const perBlock = fs.blockSize / 4;
  const covered = perBlock ** (level + 1);
  const wanted: number[] = [];
  const starts: number[] = [];
  blocks.forEach((block, i) => {
    if (block === 0) return;
    if (!isBlockOf(fs, block)) visitor.problem(illegalNode(inode, block));
    else if (visitor.node(block, level, 'indirect block') && (level > 0 || wantData)) {
      wanted.push(block);
      starts.push(logical + i * covered);
    }
  });
  const window = windowAt(walk, level);
  for (let from = 0; from < wanted.length; from += window.capacity) {
    const offsets = window.load(wanted, from, (block, reason) => visitor.problem(unreadableNode(inode, block, reason)));
    const view = window.view;
    offsets.forEach((offset, i) => {
      if (offset < 0) return;
      const start = starts[from + i] ?? 0;
      if (level === 0) direct(walk, view, offset, perBlock, start);
      else indirect(walk, blockNumbers(view, offset, perBlock), start, level - 1);
    });
  }
}

const blockNumbers = (view: DataView, base: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => view.getUint32(base + 4 * i, true));
