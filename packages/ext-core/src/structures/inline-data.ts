import type { ByteRange } from '../bytes/source.ts';
import { I_BLOCK, I_BLOCK_SIZE, INODE_FLAG, inodeLayout } from './inode.ts';
import { XATTR_INDEX, type XattrEntry, type XattrList } from './xattr.ts';

/** The name of the attribute that continues inline data; its index is `XATTR_INDEX.system`. */
const DATA = new TextEncoder().encode('data');

/** Bytes of the parent's inode number before the entries of an inline directory. */
const INLINE_PARENT_SIZE = 4;

/** Whether the content of the inode at `base` is in the inode. */
export const hasInlineData = (view: DataView, base: number): boolean =>
  (inodeLayout.i_flags.get(view, base) & INODE_FLAG.inlineData) !== 0;

/** Whether an attribute is `system.data`. */
export function isInlineDataEntry(view: DataView, entry: XattrEntry): boolean {
  if (entry.nameIndex !== XATTR_INDEX.system || entry.nameLength !== DATA.length) return false;
  const name = new Uint8Array(view.buffer, view.byteOffset + entry.name, DATA.length);
  return DATA.every((byte, i) => name[i] === byte);
}

/**
 * The bytes with the content of an inode with inline data: the map area, then the value of `system.data`, which may be
 * absent or empty.
 *
 * @param list the attributes inside the inode
 * Source: kernel Documentation/filesystems/ext4/inlinedata.rst
 */
export function inlineDataSpans(view: DataView, base: number, list: XattrList | undefined): ByteRange[] {
  const spans = [{ offset: base + I_BLOCK, length: I_BLOCK_SIZE }];
  const entry = list?.entries.find((candidate) => isInlineDataEntry(view, candidate));
  if (entry?.hasSoundValue && entry.valueInode === 0 && entry.valueSize > 0) {
    spans.push({ offset: entry.value, length: entry.valueSize });
  }
  return spans;
}

/** The bytes with the entries of an inline directory: each range has entries of its own, without gaps. */
export function inlineDirSpans(view: DataView, base: number, list: XattrList | undefined): ByteRange[] {
  const [map, ...rest] = inlineDataSpans(view, base, list);
  if (map === undefined) return rest;
  return [{ offset: map.offset + INLINE_PARENT_SIZE, length: map.length - INLINE_PARENT_SIZE }, ...rest];
}
