import {
  DIR_ENTRY_HEADER,
  DIR_TAIL_SIZE,
  dirEntryLayout,
  hasDirTail,
  isDirEntry,
  isDotName,
  recordLength,
} from '@e2image/ext-core/structures';

/** Directory records that tile some bytes: a block, or a part of an inline directory. */
export interface RecordList {
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /** Where each record begins, and last where they end: at `end`, or at what is no record. */
  readonly places: readonly number[];
  /** Byte behind the last record. */
  readonly end: number;
  /** Names in use, without `.` and `..`. */
  readonly names: number;
  /** Bytes of the shortest of them; 256 when there is none. */
  readonly shortest: number;
}

/** The records of a block; a checksum tail is none of them. */
export const blockRecords = (bytes: Uint8Array, view: DataView): RecordList =>
  recordList(bytes, view, hasDirTail(view, 0, bytes.length) ? bytes.length - DIR_TAIL_SIZE : bytes.length);

/** The records in bytes `[0, end)`, found once for all that is done to them. */
export function recordList(bytes: Uint8Array, view: DataView, end: number): RecordList {
  const places = [0];
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
    places.push(at);
  }
  return { bytes, view, places, end, names, shortest };
}
