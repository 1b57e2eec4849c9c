import { blockNumber } from '../bytes/field.ts';
import {
  EXTENT_ENTRY_SIZE,
  extentHeaderLayout,
  extentIndexLayout,
  extentLayout,
  isExtentHeader,
  MAX_WRITTEN_LENGTH,
} from '../structures/extent.ts';
import { I_BLOCK, I_BLOCK_SIZE } from '../structures/inode.ts';
import { illegalNode, isBlockOf, type MappingWalk, unreadableNode, windowAt } from './mapping.ts';

/**
 * Levels that are followed. The kernel builds no tree deeper than 5; C e2image follows whatever a damaged root says. So
 * must this package, to save the same blocks, but not until the stack overflows.
 */
const MAX_LEVELS = 32;

/**
 * Walk the extent tree of the inode at `base` of `view`: each node before its children, extents in logical order.
 *
 * The root alone determines the depth, as in libext2fs. Each node is read once, in windows of neighbouring entries;
 * memory is one window of 256 KiB for each level. An extent within the blocks that were walked already is left out, one
 * that overlaps them is cut, as libext2fs does.
 */
export function walkExtents(walk: MappingWalk, view: DataView, base: number): void {
  const root = base + I_BLOCK;
  const { inode, visitor } = walk;
  if (!isExtentHeader(view, root, I_BLOCK_SIZE)) {
    const magic = extentHeaderLayout.eh_magic.get(view, root).toString(16);
    const message = `inode ${inode}: no extent header in the inode (magic number 0x${magic})`;
    visitor.problem({ code: 'bad-extent-root', message, lost: false, inode });
    return;
  }
  const depth = extentHeaderLayout.eh_depth.get(view, root);
  if (depth > MAX_LEVELS) {
    const message = `inode ${inode}: extent tree of depth ${depth}, limit is ${MAX_LEVELS}`;
    visitor.problem({ code: 'bad-extent-root', message, lost: true, inode });
    return;
  }
  walk.nextLogical = 0;
  node(walk, view, root, depth);
}

/** A node with a valid header. */
function node(walk: MappingWalk, view: DataView, base: number, level: number): void {
  const entries = extentHeaderLayout.eh_entries.get(view, base);
  const first = base + EXTENT_ENTRY_SIZE;
  if (level > 0) children(walk, view, first, entries, level - 1);
  else if (walk.wantData) for (let i = 0; i < entries; i++) extent(walk, view, first + i * EXTENT_ENTRY_SIZE);
}

function extent(walk: MappingWalk, view: DataView, at: number): void {
  const e = extentLayout;
  const length = e.ee_len.get(view, at);
  const unwritten = length > MAX_WRITTEN_LENGTH;
  const count = unwritten ? length - MAX_WRITTEN_LENGTH : length;
  const logical = e.ee_block.get(view, at);
  const from = Math.max(logical, walk.nextLogical);
  if (logical + count <= from) return;
  const start = blockNumber(e.ee_start_hi.get(view, at), e.ee_start_lo.get(view, at));
  walk.visitor.data(start + from - logical, logical + count - from, from, unwritten);
  walk.nextLogical = logical + count;
}

function children(walk: MappingWalk, view: DataView, first: number, entries: number, level: number): void {
  const { fs, inode, visitor, wantData } = walk;
  const x = extentIndexLayout;
  const blocks: number[] = [];
  for (let at = first; at < first + entries * EXTENT_ENTRY_SIZE; at += EXTENT_ENTRY_SIZE) {
    const block = blockNumber(x.ei_leaf_hi.get(view, at), x.ei_leaf_lo.get(view, at));
    if (!isBlockOf(fs, block)) visitor.problem(illegalNode(inode, block));
    else if (visitor.node(block, level, 'extent node') && (level > 0 || wantData)) blocks.push(block);
  }
  const window = windowAt(walk, level);
  for (let from = 0; from < blocks.length; from += window.capacity) {
    const offsets = window.load(blocks, from, (block, reason) => visitor.problem(unreadableNode(inode, block, reason)));
    const { view: loaded } = window;
    offsets.forEach((offset, i) => {
      if (offset < 0) return;
      if (isExtentHeader(loaded, offset, fs.blockSize)) node(walk, loaded, offset, level);
      else badNode(walk, loaded, offset, blocks[from + i] ?? 0);
    });
  }
}

function badNode({ inode, visitor }: MappingWalk, view: DataView, offset: number, block: number): void {
  const h = extentHeaderLayout;
  const found = `magic number 0x${h.eh_magic.get(view, offset).toString(16)}, ${h.eh_entries.get(view, offset)} of ${h.eh_max.get(view, offset)} entries`;
  const message = `inode ${inode}: block ${block} is not an extent node (${found})`;
  visitor.problem({ code: 'bad-extent-node', message, lost: true, block, inode });
}
