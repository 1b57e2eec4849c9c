import { MoveError } from '../base/errors.ts';
import { type CopyHooks, clearMarker, createMover, displacedIsDone, holdsMarker, nextBatch } from '../copy/mover.ts';
import { piecesOf } from '../copy/slices.ts';
import { headOf, type Move, overlaps, SECTOR, shift } from '../disk/geometry.ts';
import { readBytes, type Storage } from '../disk/storage.ts';
import { type InsidePlaces, insideHome, insideMapCapacity, insidePlaces } from '../homes/inside-home.ts';
import type { SideFile } from '../homes/side-file.ts';
import { sideHome } from '../homes/side-home.ts';
import { checksum } from '../record/checksum.ts';
import { decodeMarker, type Marker } from '../record/marker.ts';
import {
  decodeRecord,
  type MoveRecord,
  readNewestSlot,
  SLOT_BYTES,
  SLOTS_BYTES,
  sameId,
  uuidOf,
} from '../record/record.ts';
import { decodeMap, MAX_MAP_BYTES, type UsedMap } from '../used/used-map.ts';
import { type Journey, markerOf } from './begin-move.ts';

/** Longest batch of a record: our records never have more. */
const MAX_BATCH = 64 * 1024 * 1024;

/**
 * Find the move that a file describes.
 *
 * @returns undefined if the source was not touched yet: it may have been mounted since, so the record is useless. Then
 *   the marker at the destination is gone, and the caller should delete the file.
 * @throws MoveError MOVE_JOURNAL_INVALID, MOVE_DIFFERENT_DEVICE
 */
export function resumeBeside(device: Storage, file: SideFile, hooks: CopyHooks = {}): Journey | undefined {
  const record = readNewestSlot(file.storage, 0);
  if (record === undefined) return undefined;
  checkRecord(record);
  if (record.state === 'started' && !holdsMarker(device, record.source, record)) {
    clearMarker(device, record.destination, record);
    return undefined;
  }
  const map = readMap(file.storage, SLOTS_BYTES, record);
  const logged = [...piecesOf(map, record.logged)].reduce((sum, { from, to }) => sum + to - from, 0);
  if (record.state === 'logged' && logged > record.batchBytes) throw impossible();
  const home = sideHome(file.storage, () => file.remove());
  checkDevice(device, record, { home, map });
  const mover = createMover({ device, home, map, marker: markerOf(record, file.path), ...hooks }, record);
  return { record, home, map, mover };
}

/** The marker of an interrupted move at `place`; undefined if it holds none. */
export const readMarker = (device: Pick<Storage, 'readAt'>, place: number): Marker | undefined =>
  decodeMarker(readBytes(device, headOf(place).from, SECTOR));

/** The marker of an interrupted move from or to one of two places; the one at `source` is preferred. */
export const findMarker = (
  device: Pick<Storage, 'readAt'>,
  { source, destination }: Omit<Move, 'length'>,
): Marker | undefined => readMarker(device, source) ?? readMarker(device, destination);

/**
 * Find the move whose marker is on the device and whose record is inside of it.
 *
 * @returns undefined if the source was not touched yet; the marker at the destination is gone then
 * @throws MoveError MOVE_JOURNAL_INVALID
 */
export function resumeInside(device: Storage, marker: Marker, hooks: CopyHooks = {}): Journey | undefined {
  const capacity = insideMapCapacity(marker);
  if (capacity === undefined || marker.mapBytes > capacity) throw impossible();
  const places = insidePlaces(marker, marker.mapBytes);
  const found = readInside(device, marker, places);
  if (found === undefined) {
    clearMarker(device, marker.destination, marker);
    return undefined;
  }
  const { record, map } = found;
  const displacedBytes = displacedIsDone(record, places.positions)
    ? new Uint8Array(places.bytes)
    : readBytes(device, record.carriedAt, places.bytes);
  if (!displacedIsDone(record, places.positions) && checksum(displacedBytes) !== record.displacedCrc) {
    throw new MoveError('MOVE_JOURNAL_INVALID', `byte ${record.carriedAt}: the bytes kept there have changed`);
  }
  const home = insideHome(device, record, { places, displacedBytes });
  return { record, home, map, mover: createMover({ device, home, map, marker, ...hooks }, record) };
}

/** Read the record from its final position, or from the stash if it never got there. */
function readInside(
  device: Storage,
  marker: Marker,
  places: InsidePlaces,
): { readonly record: MoveRecord; readonly map: UsedMap } | undefined {
  const ours = (record: MoveRecord | undefined): record is MoveRecord =>
    record !== undefined &&
    sameId(record, marker) &&
    sameMove(record, marker) &&
    record.mapBytes === marker.mapBytes &&
    record.logAt === 0;
  const settled = readNewestSlot(device, places.at);
  if (ours(settled)) {
    checkRecord(settled);
    return { record: settled, map: readMap(device, places.at + SLOTS_BYTES, settled) };
  }
  const stashed = decodeRecord(readBytes(device, places.stashSlot, SLOT_BYTES));
  if (!ours(stashed)) {
    throw new MoveError('MOVE_JOURNAL_INVALID', `no valid record at byte ${places.at} of the device`, {
      detail: { offset: places.at },
    });
  }
  if (!holdsMarker(device, marker.source, marker) && isStill(device, stashed)) return undefined;
  checkRecord(stashed);
  return { record: stashed, map: readMap(device, places.stashMap, stashed) };
}

/** Whether the file system is where it was. A mount may have changed its superblock, but not the UUID. */
function isStill(device: Storage, record: MoveRecord): boolean {
  return uuidOf({ head: readBytes(device, headOf(record.source).from, SECTOR) }) === uuidOf(record);
}

const sameMove = (a: Move, b: Move): boolean =>
  a.source === b.source && a.destination === b.destination && a.length === b.length;

/** The checksum proves that we wrote it; this check, that the move stays within the two places. */
function checkRecord(record: MoveRecord): void {
  const { length, position, logged, logAt, carriedAt, state, batchBytes, mapBytes, source, destination, blockSize } =
    record;
  const within =
    [source, destination, length, position, mapBytes].every(Number.isSafeInteger) &&
    // What begins there is at most as long as the longest map and the longest batch.
    [logAt, carriedAt].every((at) => Number.isSafeInteger(at + MAX_MAP_BYTES + MAX_BATCH)) &&
    Number.isSafeInteger(Math.max(source, destination) + length) &&
    source !== destination &&
    position <= length &&
    logged.from <= logged.to &&
    logged.to <= length &&
    batchBytes >= SECTOR &&
    batchBytes <= MAX_BATCH &&
    mapBytes <= MAX_MAP_BYTES &&
    mapBytes % 16 === 0 &&
    blockSize >= SECTOR &&
    (state !== 'logged' || logAt > 0);
  if (!within) throw impossible();
}

const impossible = (): MoveError =>
  new MoveError('MOVE_JOURNAL_INVALID', 'the record of the move holds impossible numbers');

function readMap(storage: Storage, at: number, { mapBytes, mapCrc, length }: MoveRecord): UsedMap {
  const bytes = readBytes(storage, at, mapBytes);
  if (checksum(bytes) !== mapCrc) {
    throw new MoveError('MOVE_JOURNAL_INVALID', "the record's map of used blocks has a wrong checksum");
  }
  return decodeMap(bytes, length);
}

/**
 * A record and a device that do not belong together would destroy the device. In every state at least one of the two
 * held-back sectors has known contents, except while the batch that overwrites the old one is being copied.
 *
 * @throws MoveError MOVE_DIFFERENT_DEVICE
 */
function checkDevice(device: Storage, record: MoveRecord, { home, map }: Pick<Journey, 'home' | 'map'>): void {
  const { source, destination, state, logged } = record;
  if (holdsMarker(device, source, record) || holdsMarker(device, destination, record)) return;
  if (state === 'copied' || state === 'done') {
    const uuid = uuidOf({ head: readBytes(device, headOf(destination).from, SECTOR) });
    if (uuid === uuidOf(record)) return;
  }
  const batch = state === 'logged' ? logged : nextBatch({ home, map }, record);
  if (batch !== undefined && overlaps(shift(batch, destination), headOf(source))) return;
  throw new MoveError(
    'MOVE_DIFFERENT_DEVICE',
    `neither byte ${source} nor byte ${destination} holds what the record of the move left there`,
  );
}
