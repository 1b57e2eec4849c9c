import { type Field, u8, u16, u32 } from '../bytes/field.ts';

/**
 * `struct ext4_dir_entry_2` up to the name. Without the filetype feature the last two are one 16-bit name length, of
 * which the high byte is always 0.
 * Source: kernel Documentation/filesystems/ext4/directory.rst, "Linear (Classic) Directories".
 */
export const dirEntryLayout = {
  inode: u32(0x0),
  rec_len: u16(0x4),
  name_len: u8(0x6),
  file_type: u8(0x7),
} as const satisfies Record<string, Field>;

/** Bytes of an entry before its name. */
export const DIR_ENTRY_HEADER = 8;

/** `struct ext4_dir_entry_tail`: the checksum at the end of a leaf, in the form of an unused entry. */
export const dirTailLayout = {
  det_reserved_zero1: u32(0x0),
  det_rec_len: u16(0x4),
  det_reserved_zero2: u8(0x6),
  det_reserved_ft: u8(0x7),
  det_checksum: u32(0x8),
} as const satisfies Record<string, Field>;

/** Bytes of it. */
export const DIR_TAIL_SIZE = 12;

/** `det_reserved_ft`. */
const DIR_TAIL_TYPE = 0xde;

/**
 * Length of the entry at `base` in bytes. Only blocks of 64 KiB use the two low bits, which are bits 16 and 17 there.
 * Source: kernel fs/ext4/ext4.h, ext4_rec_len_from_disk.
 */
export function recordLength(view: DataView, base: number, blockSize: number): number {
  const stored = dirEntryLayout.rec_len.get(view, base);
  if (blockSize < 65536) return stored;
  return stored === 0xffff || stored === 0 ? blockSize : (stored & 0xfffc) | ((stored & 3) << 16);
}

/**
 * Whether an entry that begins at `base` and is `length` bytes long can be one.
 *
 * @param end offset just past the last entry
 */
export function isDirEntry(view: DataView, base: number, length: number, end: number): boolean {
  if (length < DIR_ENTRY_HEADER || length % 4 !== 0 || base + length > end) return false;
  return dirEntryLayout.name_len.get(view, base) + DIR_ENTRY_HEADER <= length;
}

/** Whether the leaf of `blockSize` bytes at `base` ends with a checksum. */
export function hasDirTail(view: DataView, base: number, blockSize: number): boolean {
  const at = base + blockSize - DIR_TAIL_SIZE;
  const t = dirTailLayout;
  return (
    t.det_reserved_zero1.get(view, at) === 0 &&
    t.det_rec_len.get(view, at) === DIR_TAIL_SIZE &&
    t.det_reserved_zero2.get(view, at) === 0 &&
    t.det_reserved_ft.get(view, at) === DIR_TAIL_TYPE
  );
}

const DOT = 0x2e;

/** Whether the name of `length` bytes at `from` is `.` or `..`. */
export function isDotName(bytes: Uint8Array, from: number, length: number): boolean {
  return bytes[from] === DOT && (length === 1 || (length === 2 && bytes[from + 1] === DOT));
}

/** `lost+found`: the one name that is the same everywhere. */
const LOST_AND_FOUND = new TextEncoder().encode('lost+found');

/** Whether the name of `length` bytes at `from` is `lost+found`. */
export function isLostAndFound(bytes: Uint8Array, from: number, length: number): boolean {
  return length === LOST_AND_FOUND.length && LOST_AND_FOUND.every((byte, i) => bytes[from + i] === byte);
}

/**
 * Offset of the hash and minor hash from the start of an entry: 8 bytes after the padded name, in directories that are
 * encrypted and case-folded.
 * Source: kernel fs/ext4/ext4.h, EXT4_DIRENT_HASHES.
 */
export const direntHashOffset = (nameLength: number): number => (DIR_ENTRY_HEADER + nameLength + 3) & ~3;
/** Bytes of that pair. */
export const DIRENT_HASH_SIZE = 8;
