import {
  DIR_ENTRY_HEADER,
  DIR_TAIL_SIZE,
  dirEntryLayout,
  hasDirTail,
  isDirEntry,
  isDotName,
  recordLength,
} from '@e2image/ext-core/structures';

/** Directory records that follow each other: in a block, or in a part of an inline directory. */
export interface RecordList {
  readonly bytes: Uint8Array;
  /** A view of the same bytes. */
  readonly view: DataView;
  /** Offset of each record, and last the offset where they end: `end`, or the first bytes that are not a record. */
  readonly positions: readonly number[];
  /** Offset where the room for records ends. */
  readonly end: number;
  /** Names in use, without `.` and `..`. */
  readonly names: number;
  /** Bytes of the shortest of these names; 256 when no name is in use. */
  readonly shortest: number;
}

/** The records of a block, without its checksum tail. */
export const blockRecords = (bytes: Uint8Array, view: DataView): RecordList =>
  recordList(bytes, view, hasDirTail(view, 0, bytes.length) ? bytes.length - DIR_TAIL_SIZE : bytes.length);

/** Find the records in bytes `[0, end)`. */
export function recordList(bytes: Uint8Array, view: DataView, end: number): RecordList {
  const positions = [0];
  let names = 0;
  let shortest = 256;
  for (let at = 0; at + DIR_ENTRY_HEADER <= end; ) {
    const length = recordLength(view, at, bytes.length);
    if (!isDirEntry(view, at, length, end)) break;
    const nameLength = dirEntryLayout.name_len.get(view, at);
    const isName = nameLength > 2 || (nameLength > 0 && !isDotName(bytes, at + DIR_ENTRY_HEADER, nameLength));
    if (isName && dirEntryLayout.inode.get(view, at) !== 0) {
      names++;
      if (nameLength < shortest) shortest = nameLength;
    }
    at += length;
    positions.push(at);
  }
  return { bytes, view, positions, end, names, shortest };
}
