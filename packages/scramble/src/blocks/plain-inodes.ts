import {
  EXTENT_ENTRY_SIZE,
  EXTENT_MAGIC,
  extentHeaderLayout,
  fileType,
  GOOD_OLD_INODE_SIZE,
  I_BLOCK,
  I_BLOCK_SIZE,
  INODE_FLAG,
  IS_LITTLE_ENDIAN,
  inodeLayout,
  inodeXattrStart,
  isExtentHeader,
  MODE,
  MODE_TYPE,
  wordOf,
} from '@e2image/ext-core/structures';
import { isZero } from '../secret/scramble-bytes.ts';
import type { Block } from './context.ts';

const MAP_FLAGS = INODE_FLAG.extents | INODE_FLAG.eaInode | INODE_FLAG.inlineData;

/**
 * Whether scrambling the inode at `base` would change nothing: it is empty, or has an extent root with zeros after the
 * extents and no attributes. Nearly every inode is plain, and its checksum need not be computed.
 */
export function isPlainInode({ bytes, view }: Pick<Block, 'bytes' | 'view'>, base: number, size: number): boolean {
  const map = base + I_BLOCK;
  if ((inodeLayout.i_flags.get(view, base) & MAP_FLAGS) !== INODE_FLAG.extents) {
    return isZero(bytes, base, base + size);
  }
  const type = fileType(view, base);
  if ((type !== MODE.regular && type !== MODE.directory) || !isExtentHeader(view, map, I_BLOCK_SIZE)) return false;
  const used = map + EXTENT_ENTRY_SIZE * (1 + extentHeaderLayout.eh_entries.get(view, map));
  if (!isZero(bytes, used, map + I_BLOCK_SIZE)) return false;
  const rest = inodeXattrStart(view, base, size) ?? GOOD_OLD_INODE_SIZE;
  return size === GOOD_OLD_INODE_SIZE || isZero(bytes, base + rest, base + size);
}

const MODE_WORD = wordOf(inodeLayout.i_mode);
const FLAGS_WORD = wordOf(inodeLayout.i_flags);
const EXTRA_WORD = wordOf(inodeLayout.i_extra_isize);
/** `eh_magic` and `eh_entries`; `eh_max` and `eh_depth`. */
const ROOT_WORD = I_BLOCK >>> 2;
const ROOT_END = (I_BLOCK + I_BLOCK_SIZE) >>> 2;
const ENTRY_WORDS = EXTENT_ENTRY_SIZE >>> 2;

/**
 * Call `visit` with the index of each inode of a table that is not plain.
 *
 * This runs for every inode. `isPlainInode` is the readable form, and the oracle of the test; reading words takes a
 * quarter of its time, and compiling that a tenth.
 */
export function eachInodeToScramble(
  table: Pick<Block, 'bytes' | 'view'>,
  inodeSize: number,
  visit: (index: number) => void,
): void {
  const { bytes } = table;
  const count = bytes.length / inodeSize;
  if (!IS_LITTLE_ENDIAN || bytes.byteOffset % 4 !== 0) {
    for (let index = 0; index < count; index++) {
      if (!isPlainInode(table, index * inodeSize, inodeSize)) visit(index);
    }
    return;
  }
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  const stride = inodeSize >>> 2;
  for (let index = 0; index < count; index++) if (!isPlainAt(words, index * stride, stride)) visit(index);
}

/** `isPlainInode` of the inode of `size` words at word `at`. */
function isPlainAt(words: Int32Array, at: number, size: number): boolean {
  const end = at + size;
  if (((words[at + FLAGS_WORD] as number) & MAP_FLAGS) !== INODE_FLAG.extents) return areZero(words, at, end);
  const type = (words[at + MODE_WORD] as number) & MODE_TYPE;
  if (type !== MODE.regular && type !== MODE.directory) return false;
  const root = words[at + ROOT_WORD] as number;
  const max = (words[at + ROOT_WORD + 1] as number) & 0xffff;
  // isExtentHeader allows room for 2 to 4 entries in an inode.
  if ((root & 0xffff) !== EXTENT_MAGIC || max < 2 || max > 4 || root >>> 16 > max) return false;
  if (!areZero(words, at + ROOT_WORD + ENTRY_WORDS * (1 + (root >>> 16)), at + ROOT_END)) return false;
  if (size <= EXTRA_WORD) return true;
  const extra = (words[at + EXTRA_WORD] as number) & 0xffff;
  const isSound = extra % 4 === 0 && EXTRA_WORD + (extra >>> 2) < size;
  return areZero(words, at + EXTRA_WORD + (isSound ? extra >>> 2 : 0), end);
}

function areZero(words: Int32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (words[at] !== 0) return false;
  return true;
}
