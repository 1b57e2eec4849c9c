import { blockNumber } from '../bytes/field.ts';
import { IS_LITTLE_ENDIAN, wordOf } from '../bytes/words.ts';
import {
  EXTENT_ENTRY_SIZE,
  EXTENT_MAGIC,
  extentHeaderLayout,
  extentLayout,
  isExtentHeader,
  MAX_WRITTEN_LENGTH,
} from '../structures/extent.ts';
import { I_BLOCK, I_BLOCK_SIZE, INODE_FLAG, inodeLayout, MODE, MODE_TYPE } from '../structures/inode.ts';

/**
 * Whether the inode at `base` is a file that owns no metadata block: a regular one whose extents fit in the inode, or a
 * link without blocks; and it has no attribute block. Nearly every inode is one, and a metadata image need not know
 * more about it. False for a damaged extent root.
 */
export function isPlainFile(view: DataView, base: number): boolean {
  const f = inodeLayout;
  if (f.i_file_acl_lo.get(view, base) !== 0 || f.i_file_acl_hi.get(view, base) !== 0) return false;
  const flags = f.i_flags.get(view, base) & PLAIN_MASK;
  const type = f.i_mode.get(view, base) & MODE_TYPE;
  if (type === MODE.symlink) return flags === 0 && f.i_blocks_lo.get(view, base) === 0;
  return (
    type === MODE.regular &&
    flags === INODE_FLAG.extents &&
    extentHeaderLayout.eh_depth.get(view, base + I_BLOCK) === 0 &&
    isExtentHeader(view, base + I_BLOCK, I_BLOCK_SIZE)
  );
}

const PLAIN_MASK = INODE_FLAG.extents | INODE_FLAG.eaInode;

const MODE_WORD = wordOf(inodeLayout.i_mode);
const LINKS_WORD = wordOf(inodeLayout.i_links_count);
const DTIME_WORD = wordOf(inodeLayout.i_dtime);
const BLOCKS_WORD = wordOf(inodeLayout.i_blocks_lo);
const FLAGS_WORD = wordOf(inodeLayout.i_flags);
const ACL_WORD = wordOf(inodeLayout.i_file_acl_lo);
const ACL_HI_WORD = wordOf(inodeLayout.i_file_acl_hi);
/** `eh_magic` and `eh_entries`; `eh_max` and `eh_depth`. */
const ROOT_WORD = I_BLOCK >>> 2;

/**
 * First inode at or after index `from` that has a link count and, with `skipPlain`, is not a plain file; `withUnlinked`:
 * also those without a link count that were never deleted either.
 *
 * The one loop that runs for every inode of a file system. Through words it costs a third of what it does through the
 * layout, and what the compiler spends on it a tenth: `isPlainFile` is the readable form, and the test's oracle.
 *
 * @returns `count` if there is no such inode
 */
export function nextInode({ view, words }: InodeBytes, options: NextInodeOptions): number {
  const { from, count, inodeSize, skipPlain, withUnlinked } = options;
  if (!IS_LITTLE_ENDIAN) return nextByLayout(view, options);
  const stride = inodeSize >>> 2;
  for (let index = from, at = from * stride; index < count; index++, at += stride) {
    if ((words[at + LINKS_WORD] as number) >>> 16 === 0) {
      const isKept = withUnlinked && words[at + DTIME_WORD] === 0 && ((words[at + MODE_WORD] as number) & 0xffff) !== 0;
      if (!isKept) continue;
      return index;
    }
    if (!skipPlain || !isPlainAt(words, at)) return index;
  }
  return count;
}

/** `isPlainFile` of the inode at word `at`. */
function isPlainAt(words: Uint32Array, at: number): boolean {
  if (words[at + ACL_WORD] !== 0 || (words[at + ACL_HI_WORD] as number) >>> 16 !== 0) return false;
  const type = (words[at + MODE_WORD] as number) & MODE_TYPE;
  const flags = (words[at + FLAGS_WORD] as number) & PLAIN_MASK;
  if (type === MODE.symlink && flags === 0 && words[at + BLOCKS_WORD] === 0) return true;
  if (type !== MODE.regular || flags !== INODE_FLAG.extents) return false;
  const root = words[at + ROOT_WORD] as number;
  const max = words[at + ROOT_WORD + 1] as number;
  // Depth 0 makes the second word the plain number eh_max: 2 to 4 entries, as isExtentHeader allows.
  return (root & 0xffff) === EXTENT_MAGIC && max >= 2 && max <= 4 && root >>> 16 <= max;
}

/** `isPlainFile` of the inode at byte `base`. */
export const isPlainIn = ({ view, words }: InodeBytes, base: number): boolean =>
  IS_LITTLE_ENDIAN ? isPlainAt(words, base >>> 2) : isPlainFile(view, base);

/** Called for each extent of a file: `count` blocks from `start` on, which are the file's from `logical` on. */
export type VisitExtent = (start: number, count: number, logical: number, unwritten: boolean) => void;

const LEN_AT = extentLayout.ee_len.offset;
const HI_AT = extentLayout.ee_start_hi.offset;
const LO_AT = extentLayout.ee_start_lo.offset;

/**
 * The extents of the plain file at `base`, as `walkExtents` gives them; a link has none. Where files' contents are
 * wanted this runs for nearly every inode; `walkExtents` is the readable form, and the test's oracle.
 */
export function plainExtents(view: DataView, base: number, visit: VisitExtent): void {
  if ((view.getUint16(base, true) & MODE_TYPE) !== MODE.regular) return;
  const first = base + I_BLOCK + EXTENT_ENTRY_SIZE;
  const end = first + EXTENT_ENTRY_SIZE * view.getUint16(base + I_BLOCK + extentHeaderLayout.eh_entries.offset, true);
  let next = 0;
  for (let at = first; at < end; at += EXTENT_ENTRY_SIZE) {
    const length = view.getUint16(at + LEN_AT, true);
    const count = length > MAX_WRITTEN_LENGTH ? length - MAX_WRITTEN_LENGTH : length;
    const logical = view.getUint32(at, true);
    const from = Math.max(logical, next);
    const until = logical + count;
    if (until <= from) continue;
    next = until;
    const start = blockNumber(view.getUint16(at + HI_AT, true), view.getUint32(at + LO_AT, true));
    visit(start + from - logical, until - from, from, length > MAX_WRITTEN_LENGTH);
  }
}

/** Inodes in two forms, both of the same bytes: made once for a buffer, not for each search. */
export interface InodeBytes {
  readonly view: DataView;
  readonly words: Uint32Array;
}

export interface NextInodeOptions {
  readonly from: number;
  /** Inodes to look at, those before `from` too. */
  readonly count: number;
  /** Bytes. */
  readonly inodeSize: number;
  readonly skipPlain: boolean;
  /** Also inodes with a mode, no link count and no deletion time: damage, or files of a system that went down. */
  readonly withUnlinked: boolean;
}

/** The same by the layout: for big-endian machines. */
export function nextByLayout(view: DataView, options: NextInodeOptions): number {
  const { from, count, inodeSize, skipPlain, withUnlinked } = options;
  const f = inodeLayout;
  for (let index = from; index < count; index++) {
    const base = index * inodeSize;
    const isLinked = f.i_links_count.get(view, base) !== 0;
    const isUnlinked = !isLinked && f.i_dtime.get(view, base) === 0 && f.i_mode.get(view, base) !== 0;
    if (isLinked ? !(skipPlain && isPlainFile(view, base)) : withUnlinked && isUnlinked) return index;
  }
  return count;
}
