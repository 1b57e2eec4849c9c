/** One record to write. */
export interface NewRecord {
  /** Characters below 256. */
  readonly name: string;
  /** 0 = deleted. Default: 12. */
  readonly inode?: number;
  /** Default: a regular file. */
  readonly type?: number;
  /** Bytes of the record. Default: as short as it can be; of the last one, up to the end of the block. */
  readonly length?: number;
}

/** A record as it is found. */
export interface FoundRecord {
  /** Offset in the block. */
  readonly at: number;
  readonly inode: number;
  readonly length: number;
  readonly type: number;
  readonly name: string;
  /** Bytes of the record after the name. */
  readonly slack: Uint8Array;
}

/** Bytes of the checksum at the end of a block. */
export const TAIL = 12;

/** Write records that fill `bytes`, by offsets of their own. */
export function writeRecords(bytes: Uint8Array, records: readonly NewRecord[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (const [i, { name, inode = 12, type = 1, length }] of records.entries()) {
    const rest = i === records.length - 1 ? bytes.length - at : 8 + 4 * Math.ceil(name.length / 4);
    const size = length ?? rest;
    view.setUint32(at, inode, true);
    view.setUint16(at + 4, size, true);
    view.setUint8(at + 6, name.length);
    view.setUint8(at + 7, type);
    for (let i = 0; i < name.length; i++) view.setUint8(at + 8 + i, name.charCodeAt(i));
    at += size;
  }
}

/** Write the record of a checksum into the last bytes of a block, with a checksum of 0. */
export function writeTail(bytes: Uint8Array): void {
  bytes.set([0, 0, 0, 0, TAIL, 0, 0, 0xde, 0, 0, 0, 0], bytes.length - TAIL);
}

/** Read the records that fill `bytes`. */
export function readRecords(bytes: Uint8Array): FoundRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: FoundRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint16(at + 4, true);
    const end = at + 8 + view.getUint8(at + 6);
    found.push({
      at,
      inode: view.getUint32(at, true),
      length,
      type: view.getUint8(at + 7),
      name: String.fromCharCode(...bytes.subarray(at + 8, end)),
      slack: bytes.slice(end, at + length),
    });
    if (length < 8) break;
    at += length;
  }
  return found;
}

/** One entry of an index: a block of the directory, and the lowest hash in it. */
export type IndexEntry = readonly [hash: number, block: number];

function writeEntries(view: DataView, at: number, entries: readonly IndexEntry[], hasTail: boolean): void {
  view.setUint16(at, (view.byteLength - at) / 8 - (hasTail ? 1 : 0), true);
  view.setUint16(at + 2, entries.length, true);
  for (const [i, [hash, block]] of entries.entries()) {
    if (i > 0) view.setUint32(at + 8 * i, hash, true);
    view.setUint32(at + 8 * i + 4, block, true);
  }
}

/** Write the root of an index, which fills `bytes`. `hasTail` leaves room for a checksum. */
export function writeIndexRoot(
  bytes: Uint8Array,
  entries: readonly IndexEntry[],
  { levels = 0, hashVersion = 1, hasTail = false } = {},
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  writeRecords(bytes, [
    { name: '.', inode: 2, type: 2, length: 12 },
    { name: '..', inode: 2, type: 2 },
  ]);
  view.setUint8(0x1c, hashVersion);
  view.setUint8(0x1d, 8);
  view.setUint8(0x1e, levels);
  writeEntries(view, 0x20, entries, hasTail);
}

/** Write an inner block of an index, which fills `bytes`. */
export function writeIndexNode(bytes: Uint8Array, entries: readonly IndexEntry[], { hasTail = false } = {}): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint16(4, bytes.length, true);
  writeEntries(view, 8, entries, hasTail);
}
