import { dirEntryLayout, hasDirTail, isDirEntry, recordLength } from '@e2image/ext-core';

/** Bytes of a checksum tail. */
const TAIL = 12;

/** Called for each record: byte of the record, its length, of its name, and its inode number. */
export type VisitRecord = (at: number, length: number, nameLength: number, inode: number) => void;

/**
 * Walk the records that tile bytes `[from, to)` of `view`. The checksum tail of a leaf is none of them.
 *
 * @param tail whether the records may end with a checksum tail: blocks do, inline directories do not
 * @returns byte where the records end: `to`, that of the tail, or of the first record that cannot be one
 */
export function walkRecords(
  view: DataView,
  { from, to, tail }: { readonly from: number; readonly to: number; readonly tail: boolean },
  visit: VisitRecord,
): number {
  const size = to - from;
  const end = tail && hasDirTail(view, from, size) ? to - TAIL : to;
  let at = from;
  while (at + 8 <= end) {
    const length = recordLength(view, at, size);
    if (!isDirEntry(view, at, length, end)) return at;
    visit(at, length, dirEntryLayout.name_len.get(view, at), dirEntryLayout.inode.get(view, at));
    at += length;
  }
  return at;
}
