import { type BytesField, bytes, type Field, u8, u16, u32 } from '../bytes/field.ts';
import { GOOD_OLD_INODE_SIZE, inodeLayout } from './inode.ts';

/**
 * `struct ext4_xattr_header`: the head of an extended attribute block.
 * Source: kernel Documentation/filesystems/ext4/attributes.rst.
 */
export const xattrHeaderLayout = {
  h_magic: u32(0x00),
  h_refcount: u32(0x04),
  h_blocks: u32(0x08),
  h_hash: u32(0x0c),
  h_checksum: u32(0x10),
  h_reserved: bytes(0x14, 12),
} as const satisfies Record<string, Field | BytesField>;

/** `struct ext4_xattr_ibody_header`: before the attributes inside an inode. */
export const xattrInodeHeaderLayout = {
  h_magic: u32(0x0),
} as const satisfies Record<string, Field>;
/** Bytes of it. */
const XATTR_INODE_HEADER_SIZE = 4;

/** The four zero bytes that end a list of attributes, where an entry would begin. */
export const xattrEndLayout = {
  zero: u32(0x0),
} as const satisfies Record<string, Field>;
/** Bytes of them. */
const XATTR_END_SIZE = 4;

/** `struct ext4_xattr_entry` up to the name. */
export const xattrEntryLayout = {
  e_name_len: u8(0x0),
  e_name_index: u8(0x1),
  e_value_offs: u16(0x2),
  e_value_inum: u32(0x4),
  e_value_size: u32(0x8),
  e_hash: u32(0xc),
} as const satisfies Record<string, Field>;

/** At the start of an attribute block, and of the attributes inside an inode. */
export const XATTR_MAGIC = 0xea02_0000;
/** Bytes of a block's header. */
export const XATTR_HEADER_SIZE = 32;
/** Bytes of an entry before its name. */
const XATTR_ENTRY_HEADER = 16;

/** Values of `e_name_index`: the part of a name before the first dot. */
export const XATTR_INDEX = {
  user: 1,
  posixAclAccess: 2,
  posixAclDefault: 3,
  trusted: 4,
  security: 6,
  system: 7,
  richAcl: 8,
  encryption: 9,
  verity: 11,
} as const;

/** The location of a list of attributes: byte offsets in one view. */
export interface XattrArea {
  /** First entry. */
  readonly first: number;
  /** What `e_value_offs` counts from. */
  readonly valueBase: number;
  readonly end: number;
}

/** The location of one attribute. */
export interface XattrEntry {
  /** Byte of the entry. */
  readonly at: number;
  readonly nameIndex: number;
  /** First byte and bytes of the name. */
  readonly name: number;
  readonly nameLength: number;
  /** First byte of the value; without meaning if the value is in an inode of its own, or empty. */
  readonly value: number;
  readonly valueSize: number;
  /** Inode that holds the value; 0 when it is here. */
  readonly valueInode: number;
  /** Whether the value is within the area. */
  readonly hasSoundValue: boolean;
}

const padded = (size: number): number => (size + 3) & ~3;

/** Bytes of an entry with a name of `nameLength` bytes. */
export const xattrEntrySize = (nameLength: number): number => XATTR_ENTRY_HEADER + padded(nameLength);

/**
 * The room for attributes inside the inode of `size` bytes at `base`, after the magic number; undefined without one.
 */
export function inodeXattrArea(view: DataView, base: number, size: number): XattrArea | undefined {
  const start = inodeXattrStart(view, base, size);
  if (start === undefined || xattrInodeHeaderLayout.h_magic.get(view, base + start) !== XATTR_MAGIC) return undefined;
  const first = base + start + XATTR_INODE_HEADER_SIZE;
  return { first, valueBase: first, end: base + size };
}

/**
 * Offset from the start of an inode where its attributes begin, the magic number first; undefined if there is no room,
 * or if the size of the extra fields is impossible.
 */
export function inodeXattrStart(view: DataView, base: number, size: number): number | undefined {
  if (size <= GOOD_OLD_INODE_SIZE) return undefined;
  const extra = inodeLayout.i_extra_isize.get(view, base);
  const start = GOOD_OLD_INODE_SIZE + extra;
  return extra % 4 === 0 && extra > 0 && start + XATTR_INODE_HEADER_SIZE <= size ? start : undefined;
}

/** The room for attributes of the block at `base`; undefined if it is not an attribute block. */
export function blockXattrArea(view: DataView, base: number, blockSize: number): XattrArea | undefined {
  if (xattrHeaderLayout.h_magic.get(view, base) !== XATTR_MAGIC) return undefined;
  return { first: base + XATTR_HEADER_SIZE, valueBase: base, end: base + blockSize };
}

/** A list of attributes. */
export interface XattrList {
  readonly entries: readonly XattrEntry[];
  /** Offset just past the last entry: of the four zero bytes that end the list, or of the first invalid entry. */
  readonly end: number;
  /** Whether the list ends as it should. */
  readonly isSound: boolean;
}

/** Read a list of attributes, up to its end or to the first damaged entry. */
export function readXattrs(view: DataView, area: XattrArea): XattrList {
  const entries: XattrEntry[] = [];
  let at = area.first;
  while (at + XATTR_END_SIZE <= area.end && xattrEndLayout.zero.get(view, at) !== 0) {
    if (at + XATTR_ENTRY_HEADER > area.end) return { entries, end: at, isSound: false };
    const entry = readXattrEntry(view, at, area);
    const next = at + xattrEntrySize(entry.nameLength);
    if (next > area.end) return { entries, end: at, isSound: false };
    entries.push(entry);
    at = next;
  }
  return { entries, end: at, isSound: true };
}

function readXattrEntry(view: DataView, at: number, area: XattrArea): XattrEntry {
  const e = xattrEntryLayout;
  const value = area.valueBase + e.e_value_offs.get(view, at);
  const valueSize = e.e_value_size.get(view, at);
  const valueInode = e.e_value_inum.get(view, at);
  return {
    at,
    nameIndex: e.e_name_index.get(view, at),
    name: at + XATTR_ENTRY_HEADER,
    nameLength: e.e_name_len.get(view, at),
    value,
    valueSize,
    valueInode,
    hasSoundValue: valueInode !== 0 || valueSize === 0 || value + valueSize <= area.end,
  };
}

const rotl = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/**
 * `e_hash` of an attribute: name, then the words of the value.
 *
 * @param isSigned whether characters above 127 count as negative, as they did before Linux 6.2 on most machines
 * @param valueHash of the inode that holds the value, where one does: it counts in place of the value
 * Source: kernel fs/ext4/xattr.c, ext4_xattr_hash_entry
 */
export function xattrEntryHash(
  view: DataView,
  entry: XattrEntry,
  { isSigned = false, valueHash }: { readonly isSigned?: boolean; readonly valueHash?: number | undefined } = {},
): number {
  let hash = 0;
  const name = new Uint8Array(view.buffer, view.byteOffset + entry.name, entry.nameLength);
  for (const byte of name) hash = rotl(hash, 5) ^ (isSigned ? (byte << 24) >> 24 : byte);
  if (valueHash !== undefined) return (rotl(hash, 16) ^ valueHash) >>> 0;
  if (!entry.hasSoundValue || entry.valueInode !== 0) return hash >>> 0;
  for (let done = 0; done < entry.valueSize; done += 4) {
    hash = rotl(hash, 16) ^ valueWord(view, entry.value + done, entry.valueSize - done);
  }
  return hash >>> 0;
}

const WORD = u32(0);
const BYTE = u8(0);

/** A word of a value; bytes past its end count as zeros. */
function valueWord(view: DataView, at: number, left: number): number {
  if (left >= 4) return WORD.get(view, at);
  let word = 0;
  for (let i = 0; i < left; i++) word |= BYTE.get(view, at + i) << (8 * i);
  return word;
}

/** `h_hash` of an attribute block: of its entry hashes, and 0 when one of them is. */
export function xattrBlockHash(view: DataView, entries: readonly XattrEntry[]): number {
  let hash = 0;
  for (const { at } of entries) {
    const one = xattrEntryLayout.e_hash.get(view, at);
    if (one === 0) return 0;
    hash = rotl(hash, 16) ^ one;
  }
  return hash >>> 0;
}
