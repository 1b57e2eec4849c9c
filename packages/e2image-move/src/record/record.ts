/*
 * The record of a move. What always holds, and what every change must keep:
 *
 * 1. There are two slots, written in turn. A crash while one is written leaves the other, which is valid and one step
 *    older.
 * 2. The valid slot with the higher sequence number is the state of the move. Every step can be repeated from it.
 * 3. A slot is written only after everything that it claims is durable; the next step begins only after the slot is.
 * 4. In the states `copying`, `logged` and `copied` neither place need hold the head of the superblock: the record has
 *    the only copy of it.
 * 5. While a batch is copied, its source is overwritten only if the batch is in the log, or if the batch is not longer
 *    than the distance of the move.
 * 6. All pieces of one move (slots, map, marker) have the same id or are guarded by a checksum in the slot.
 */
import { type BytesField, bytes, type Field, superblockLayout, u32, u64, uuidText } from '@e2image/ext-core/structures';
import { type Move, type Range, SECTOR } from '../disk/geometry.ts';
import { readBytes, type Storage } from '../disk/storage.ts';
import { checksum } from './checksum.ts';

/** Bytes of one slot. */
export const SLOT_BYTES = 4096;
/** Bytes of the two slots, which every record begins with. */
export const SLOTS_BYTES = 2 * SLOT_BYTES;

const MAGIC = new TextEncoder().encode('E2MOVE01');

/**
 * One slot of the record, little-endian. The numbers are explained at MoveRecord. `crc` is the CRC32C of all bytes
 * before it. There are two slots, written in turn: a torn one leaves the other, which is one step older, and every
 * step can be repeated.
 */
export const recordLayout = {
  magic: bytes(0, 8),
  id: bytes(8, 16),
  sequence: u64(24),
  state: u32(32),
  block_size: u32(36),
  source: u64(40),
  destination: u64(48),
  length: u64(56),
  batch_bytes: u64(64),
  position: u64(72),
  logged_from: u64(80),
  logged_to: u64(88),
  log_at: u64(96),
  map_bytes: u64(104),
  map_crc: u32(112),
  displaced_crc: u32(116),
  carried_at: u64(120),
  head: bytes(512, SECTOR),
  crc: u32(SLOT_BYTES - 4),
} as const satisfies Record<string, Field | BytesField>;

/** `started`: the superblock may be held back already; `done`: only cleaning up is left. The order is the encoding. */
const STATES = ['started', 'copying', 'logged', 'copied', 'done'] as const;
type MoveState = (typeof STATES)[number];

/** Everything that a move knows of itself, as of its last durable step. A value: each step makes the next one. */
export interface MoveRecord extends Move {
  /** 16 random bytes that distinguish the pieces of this move from those of an older one. */
  readonly id: Uint8Array;
  /** Number of slots written so far. */
  readonly sequence: number;
  readonly state: MoveState;
  /** Of the file system, in bytes. */
  readonly blockSize: number;
  /** Most bytes of a batch; with a log, the capacity of the log. */
  readonly batchBytes: number;
  /** How far the move is: see `nextSlice`. */
  readonly position: number;
  /** Positions whose data is in the log; valid in state `logged` only. */
  readonly logged: Range;
  /** Byte of the record's file where the log begins; 0 = batches are not logged, as they fit the distance. */
  readonly logAt: number;
  /** Bytes of the map of used positions, which follows the slots, and its CRC32C. */
  readonly mapBytes: number;
  readonly mapCrc: number;
  /** Byte of the device where the bytes are kept that a record inside the device displaces, and their CRC32C. */
  readonly carriedAt: number;
  readonly displacedCrc: number;
  /** The sector that is held back: the head of the superblock. */
  readonly head: Uint8Array;
}

/** UUID of the moved file system, as people write it. The head of the superblock is long enough to hold it. */
export const uuidOf = ({ head }: Pick<MoveRecord, 'head'>): string =>
  uuidText(superblockLayout.s_uuid.get(new DataView(head.buffer, head.byteOffset, head.length), 0));

/** Record -> one slot, which is the caller's; it is written into `slot` if that is given: zeros, or an older slot. */
export function encodeRecord(
  record: MoveRecord,
  slot: Uint8Array<ArrayBuffer> = new Uint8Array(SLOT_BYTES),
): Uint8Array<ArrayBuffer> {
  const view = new DataView(slot.buffer);
  const f = recordLayout;
  f.magic.get(view, 0).set(MAGIC);
  f.id.get(view, 0).set(record.id);
  f.sequence.set(view, 0, record.sequence);
  f.state.set(view, 0, STATES.indexOf(record.state));
  f.block_size.set(view, 0, record.blockSize);
  f.source.set(view, 0, record.source);
  f.destination.set(view, 0, record.destination);
  f.length.set(view, 0, record.length);
  f.batch_bytes.set(view, 0, record.batchBytes);
  f.position.set(view, 0, record.position);
  f.logged_from.set(view, 0, record.logged.from);
  f.logged_to.set(view, 0, record.logged.to);
  f.log_at.set(view, 0, record.logAt);
  f.map_bytes.set(view, 0, record.mapBytes);
  f.map_crc.set(view, 0, record.mapCrc);
  f.displaced_crc.set(view, 0, record.displacedCrc);
  f.carried_at.set(view, 0, record.carriedAt);
  f.head.get(view, 0).set(record.head);
  f.crc.set(view, 0, checksum(slot.subarray(0, f.crc.offset)));
  return slot;
}

/** Slot -> record, which owns its bytes; undefined if the slot is torn, empty or something else. */
export function decodeRecord(slot: Uint8Array): MoveRecord | undefined {
  const view = new DataView(slot.buffer, slot.byteOffset, SLOT_BYTES);
  const f = recordLayout;
  const state = STATES[f.state.get(view, 0)];
  if (state === undefined || !f.magic.get(view, 0).every((byte, i) => byte === MAGIC[i])) return undefined;
  if (f.crc.get(view, 0) !== checksum(slot.subarray(0, f.crc.offset))) return undefined;
  return {
    id: f.id.get(view, 0).slice(),
    sequence: f.sequence.get(view, 0),
    state,
    blockSize: f.block_size.get(view, 0),
    source: f.source.get(view, 0),
    destination: f.destination.get(view, 0),
    length: f.length.get(view, 0),
    batchBytes: f.batch_bytes.get(view, 0),
    position: f.position.get(view, 0),
    logged: { from: f.logged_from.get(view, 0), to: f.logged_to.get(view, 0) },
    logAt: f.log_at.get(view, 0),
    mapBytes: f.map_bytes.get(view, 0),
    mapCrc: f.map_crc.get(view, 0),
    displacedCrc: f.displaced_crc.get(view, 0),
    carriedAt: f.carried_at.get(view, 0),
    head: f.head.get(view, 0).slice(),
  };
}

/**
 * Writes records over the older of the two slots at byte `at`, and makes them durable. A move writes thousands of them:
 * they share one buffer.
 */
export function slotWriter(storage: Storage, at: number): (record: MoveRecord) => void {
  const slot = new Uint8Array(SLOT_BYTES);
  return (record) => {
    storage.writeAt(encodeRecord(record, slot), at + (record.sequence % 2) * SLOT_BYTES);
    storage.sync();
  };
}

/** The valid slot with the highest sequence number of the two at byte `at`; undefined if neither is valid. */
export function readNewestSlot(storage: Pick<Storage, 'readAt'>, at: number): MoveRecord | undefined {
  const slots = readBytes(storage, at, SLOTS_BYTES);
  const a = decodeRecord(slots.subarray(0, SLOT_BYTES));
  const b = decodeRecord(slots.subarray(SLOT_BYTES));
  return a === undefined || (b !== undefined && b.sequence > a.sequence) ? b : a;
}

/** Whether two pieces belong to the same move. */
export const sameId = (a: { readonly id: Uint8Array }, b: { readonly id: Uint8Array }): boolean =>
  a.id.every((byte, i) => byte === b.id[i]);
