import { I_BLOCK, I_BLOCK_SIZE, INODE_FLAG, inodeLayout } from './inode.ts';
import { XATTR_INDEX, type XattrEntry, type XattrList } from './xattr.ts';

/** The name of the attribute that continues inline data; its index is `XATTR_INDEX.system`. */
const DATA = new TextEncoder().encode('data');

/** Bytes of the parent's inode number before the entries of an inline directory. */
export const INLINE_PARENT_SIZE = 4;

/** Whether the content of the inode at `base` is in the inode. */
export const hasInlineData = (view: DataView, base: number): boolean =>
  (inodeLayout.i_flags.get(view, base) & INODE_FLAG.inlineData) !== 0;

/** Whether an attribute is `system.data`. */
export function isInlineDataEntry(view: DataView, entry: XattrEntry): boolean {
  if (entry.nameIndex !== XATTR_INDEX.system || entry.nameLength !== DATA.length) return false;
  const name = new Uint8Array(view.buffer, view.byteOffset + entry.name, DATA.length);
  return DATA.every((byte, i) => name[i] === byte);
}

/** A run of bytes `[from, to)` of a view. */
export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * Where the content of an inode with inline data lies: the map area, then the value of `system.data`, which may be
 * absent or empty.
 *
 * @param list the attributes inside the inode
 * Source: kernel Documentation/filesystems/ext4/inlinedata.rst
 */
export function inlineDataSpans(view: DataView, base: number, list: XattrList | undefined): ByteSpan[] {
  const spans = [{ from: base + I_BLOCK, to: base + I_BLOCK + I_BLOCK_SIZE }];
  const entry = list?.entries.find((candidate) => isInlineDataEntry(view, candidate));
  if (entry?.hasSoundValue && entry.valueInode === 0 && entry.valueSize > 0) {
    spans.push({ from: entry.value, to: entry.value + entry.valueSize });
  }
  return spans;
}

/** Where the entries of an inline directory lie: each span is tiled by entries of its own. */
export function inlineDirSpans(view: DataView, base: number, list: XattrList | undefined): ByteSpan[] {
  return inlineDataSpans(view, base, list).map((span, i) =>
    i === 0 ? { from: span.from + INLINE_PARENT_SIZE, to: span.to } : span,
  );
}
