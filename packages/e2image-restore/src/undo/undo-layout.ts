import { type BytesField, bytes, type Field, safeU64, superblockLayout, u32 } from '@e2image/ext-core/structures';
import { RestoreError } from '../base/errors.ts';

/** The first bytes of an undo file. */
const UNDO_MAGIC = 'E2UNDO02';
const UNDO_KEY_MAGIC = 0xcade_cade;
/** Bytes of the header. */
export const UNDO_HEADER_SIZE = 512;
/** Bytes of a key, and of what precedes the first key in its block. */
export const UNDO_KEY_SIZE = 16;
/** Bit of `state`: the record is complete. */
const UNDO_FINISHED = 1;
/** Bit of `f_compat`: the offset field counts. */
const UNDO_HAS_OFFSET = 1;

/**
 * `struct undo_header`: the first bytes of a file that e2undo(8) takes.
 * Source: e2fsprogs misc/e2undo.c.
 */
export const undoHeaderLayout = {
  magic: bytes(0, 8),
  num_keys_lo: u32(8),
  num_keys_hi: u32(12),
  super_offset_lo: u32(16),
  super_offset_hi: u32(20),
  key_offset_lo: u32(24),
  key_offset_hi: u32(28),
  block_size: u32(32),
  fs_block_size: u32(36),
  sb_crc: u32(40),
  state: u32(44),
  f_compat: u32(48),
  f_incompat: u32(52),
  f_rocompat: u32(56),
  pad32: u32(60),
  fs_offset_lo: u32(64),
  fs_offset_hi: u32(68),
  padding: bytes(72, 436),
  header_crc: u32(508),
} as const satisfies Record<string, Field | BytesField>;

/** `struct undo_key_block`: the head of a block of keys. */
export const undoKeyBlockLayout = {
  magic: u32(0),
  crc: u32(4),
  reserved: bytes(8, 8),
} as const satisfies Record<string, Field | BytesField>;

/** `struct undo_key`: which blocks a run of old content came from. */
export const undoKeyLayout = {
  fsblk_lo: u32(0),
  fsblk_hi: u32(4),
  blk_crc: u32(8),
  size: u32(12),
} as const satisfies Record<string, Field>;

/** CRC32C that starts with all ones and is not inverted at its end, as everywhere in this format. */
export type Crc32c = (bytes: Uint8Array) => number;

/** The header of an undo file. */
export interface UndoHeader {
  readonly keyCount: number;
  /** Undo block of the superblock copy. */
  readonly superblockAt: number;
  /** Undo block of the first block of keys. */
  readonly firstKeyBlock: number;
  /** Bytes of an undo block. */
  readonly unitSize: number;
  /** Bytes of the unit in which keys name their targets. */
  readonly blockSize: number;
  /** CRC of the superblock copy with its true magic number. */
  readonly superblockCrc: number;
  readonly isFinished: boolean;
  /** Byte of the device where the file system begins. */
  readonly offset: number;
}

/** Encode a header: 512 bytes, owned by the caller. */
export function encodeUndoHeader(header: UndoHeader, crc32c: Crc32c): Uint8Array {
  const raw = new Uint8Array(UNDO_HEADER_SIZE);
  const view = new DataView(raw.buffer);
  const f = undoHeaderLayout;
  new TextEncoder().encodeInto(UNDO_MAGIC, f.magic.get(view, 0));
  setPair(view, f.num_keys_lo, f.num_keys_hi, header.keyCount);
  setPair(view, f.super_offset_lo, f.super_offset_hi, header.superblockAt);
  setPair(view, f.key_offset_lo, f.key_offset_hi, header.firstKeyBlock);
  f.block_size.set(view, 0, header.unitSize);
  f.fs_block_size.set(view, 0, header.blockSize);
  f.sb_crc.set(view, 0, header.superblockCrc);
  f.state.set(view, 0, header.isFinished ? UNDO_FINISHED : 0);
  if (header.offset > 0) {
    f.f_compat.set(view, 0, UNDO_HAS_OFFSET);
    setPair(view, f.fs_offset_lo, f.fs_offset_hi, header.offset);
  }
  f.header_crc.set(view, 0, crc32c(raw.subarray(0, f.header_crc.offset)));
  return raw;
}

function setPair(view: DataView, lo: Field, hi: Field, value: number): void {
  lo.set(view, 0, value % 0x1_0000_0000);
  hi.set(view, 0, Math.floor(value / 0x1_0000_0000));
}

const corrupt = (what: string): RestoreError => new RestoreError('RESTORE_UNDO_CORRUPT', `undo file: ${what}`);

/**
 * Decode and check a header, as e2undo checks it.
 *
 * @param raw 512 bytes
 * @throws RestoreError RESTORE_UNDO_CORRUPT
 */
export function readUndoHeader(raw: Uint8Array, crc32c: Crc32c): UndoHeader {
  const view = new DataView(raw.buffer, raw.byteOffset, UNDO_HEADER_SIZE);
  const f = undoHeaderLayout;
  const pair = (lo: Field, hi: Field): number => safeU64(hi.get(view, 0), lo.get(view, 0));
  if (new TextDecoder('latin1').decode(f.magic.get(view, 0)) !== UNDO_MAGIC) throw corrupt('wrong magic number');
  if (f.header_crc.get(view, 0) !== crc32c(raw.subarray(0, f.header_crc.offset))) throw corrupt('bad header checksum');
  if (f.f_incompat.get(view, 0) !== 0 || f.f_rocompat.get(view, 0) !== 0) throw corrupt('unknown features');
  const unitSize = f.block_size.get(view, 0);
  const blockSize = f.fs_block_size.get(view, 0);
  for (const size of [unitSize, blockSize]) {
    if (size < 1024 || size > 1048576 || !Number.isInteger(Math.log2(size))) throw corrupt(`block size ${size}`);
  }
  const hasOffset = (f.f_compat.get(view, 0) & UNDO_HAS_OFFSET) !== 0;
  return {
    keyCount: pair(f.num_keys_lo, f.num_keys_hi),
    superblockAt: pair(f.super_offset_lo, f.super_offset_hi),
    firstKeyBlock: pair(f.key_offset_lo, f.key_offset_hi),
    unitSize,
    blockSize,
    superblockCrc: f.sb_crc.get(view, 0),
    isFinished: (f.state.get(view, 0) & UNDO_FINISHED) !== 0,
    offset: hasOffset ? pair(f.fs_offset_lo, f.fs_offset_hi) : 0,
  };
}

/** A key as it is stored. */
export interface UndoKey {
  /** First block of the file system (in units of `blockSize`) that the data belongs to. */
  readonly target: number;
  readonly crc: number;
  /** Bytes of data. */
  readonly length: number;
}

/** Keys that fit in one block of keys. */
export const keysPerBlock = (unitSize: number): number => unitSize / UNDO_KEY_SIZE - 1;

/** Encode a block of keys: `unitSize` bytes, owned by the caller. */
export function encodeKeyBlock(keys: readonly UndoKey[], unitSize: number, crc32c: Crc32c): Uint8Array {
  const raw = new Uint8Array(unitSize);
  const view = new DataView(raw.buffer);
  undoKeyBlockLayout.magic.set(view, 0, UNDO_KEY_MAGIC);
  for (const [index, { target, crc, length }] of keys.entries()) {
    const base = (index + 1) * UNDO_KEY_SIZE;
    undoKeyLayout.fsblk_lo.set(view, base, target % 0x1_0000_0000);
    undoKeyLayout.fsblk_hi.set(view, base, Math.floor(target / 0x1_0000_0000));
    undoKeyLayout.blk_crc.set(view, base, crc);
    undoKeyLayout.size.set(view, base, length);
  }
  undoKeyBlockLayout.crc.set(view, 0, crc32c(raw));
  return raw;
}

/**
 * Decode and check a block of keys.
 *
 * @param raw the block; its checksum field is left as it was
 * @param count keys in use
 * @throws RestoreError RESTORE_UNDO_CORRUPT
 */
export function readKeyBlock(raw: Uint8Array, count: number, crc32c: Crc32c): UndoKey[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const stored = undoKeyBlockLayout.crc.get(view, 0);
  if (undoKeyBlockLayout.magic.get(view, 0) !== UNDO_KEY_MAGIC)
    throw corrupt('a block of keys has a wrong magic number');
  const blank = raw.slice();
  blank.fill(0, undoKeyBlockLayout.crc.offset, undoKeyBlockLayout.crc.offset + 4);
  if (crc32c(blank) !== stored) throw corrupt('bad checksum of a block of keys');
  return Array.from({ length: count }, (_, index) => {
    const base = (index + 1) * UNDO_KEY_SIZE;
    return {
      target: safeU64(undoKeyLayout.fsblk_hi.get(view, base), undoKeyLayout.fsblk_lo.get(view, base)),
      crc: undoKeyLayout.blk_crc.get(view, base),
      length: undoKeyLayout.size.get(view, base),
    };
  });
}

/** A superblock copy as the file holds it: the magic number inverted, so that no program takes the file for a file system. */
export function disguise(superblock: Uint8Array): Uint8Array {
  const copy = superblock.slice();
  const view = new DataView(copy.buffer, copy.byteOffset, copy.length);
  const { s_magic } = superblockLayout;
  s_magic.set(view, 0, s_magic.get(view, 0) ^ 0xffff);
  return copy;
}
