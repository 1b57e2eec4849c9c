import { type BytesField, bytes, type Field, u32, u64 } from '@e2image/ext-core/structures';
import { type Move, SECTOR } from '../disk/geometry.ts';
import { checksum } from './checksum.ts';

const MAGIC = new TextEncoder().encode('E2MARK01');
const TEXT =
  'A file system is being moved here by e2image-move. It is not lost and must not be repaired: finish the move with\n' +
  'e2image-move --resume.\n';

/**
 * What replaces the held-back sector during a move. The text covers the offset of the magic number (s_magic), so nothing
 * takes the sector for a superblock.
 */
export const markerLayout = {
  text: bytes(0, 160),
  magic: bytes(160, 8),
  id: bytes(168, 16),
  source: u64(184),
  destination: u64(192),
  length: u64(200),
  map_bytes: u64(208),
  /** Path of the file of the record, UTF-8, NUL-terminated; empty if it does not fit, or if the record is inside the device. */
  journal: bytes(216, 288),
  /** 1 = the record is inside the device. */
  inside: u32(504),
  crc: u32(SECTOR - 4),
} as const satisfies Record<string, Field | BytesField>;

/** A move as the device itself describes it. */
export interface Marker extends Move {
  readonly id: Uint8Array;
  /** Bytes of the encoded map: with the move they determine where a record inside the device is. */
  readonly mapBytes: number;
  readonly isInside: boolean;
  /** File of the record; empty if the record is inside the device, or if the name was too long. */
  readonly journal: string;
}

/** Marker -> its sector, the caller's own. */
export function encodeMarker(marker: Marker): Uint8Array<ArrayBuffer> {
  const sector = new Uint8Array(SECTOR);
  const view = new DataView(sector.buffer);
  const f = markerLayout;
  f.text.get(view, 0).set(new TextEncoder().encode(TEXT));
  f.magic.get(view, 0).set(MAGIC);
  f.id.get(view, 0).set(marker.id);
  f.source.set(view, 0, marker.source);
  f.destination.set(view, 0, marker.destination);
  f.length.set(view, 0, marker.length);
  f.map_bytes.set(view, 0, marker.mapBytes);
  f.inside.set(view, 0, marker.isInside ? 1 : 0);
  const journal = new TextEncoder().encode(marker.journal);
  if (journal.length < f.journal.size) f.journal.get(view, 0).set(journal);
  f.crc.set(view, 0, checksum(sector.subarray(0, f.crc.offset)));
  return sector;
}

/** Sector -> marker, which owns its bytes; undefined if the sector holds something else. */
export function decodeMarker(sector: Uint8Array): Marker | undefined {
  const view = new DataView(sector.buffer, sector.byteOffset, SECTOR);
  const f = markerLayout;
  if (!f.magic.get(view, 0).every((byte, i) => byte === MAGIC[i])) return undefined;
  if (f.crc.get(view, 0) !== checksum(sector.subarray(0, f.crc.offset))) return undefined;
  const journal = f.journal.get(view, 0);
  return {
    id: f.id.get(view, 0).slice(),
    source: f.source.get(view, 0),
    destination: f.destination.get(view, 0),
    length: f.length.get(view, 0),
    mapBytes: f.map_bytes.get(view, 0),
    isInside: f.inside.get(view, 0) === 1,
    journal: new TextDecoder().decode(journal.subarray(0, Math.max(0, journal.indexOf(0)))),
  };
}
