import type { Source } from '@e2image/sparse-io';
import { headOf, oldPlace, overlaps, type Range, SECTOR, shift } from '../disk/geometry.ts';
import { readBytes, type Storage } from '../disk/storage.ts';
import type { RecordHome } from '../homes/record-home.ts';
import { decodeMarker, encodeMarker, type Marker } from '../record/marker.ts';
import { type MoveRecord, sameId } from '../record/record.ts';
import type { UsedMap } from '../used/used-map.ts';
import { type CopyBuffer, copyBuffer, loadsOf, unitsOf } from './copy-buffer.ts';
import { type OldPlace, oldPlaceOf } from './old-place.ts';
import { firstPosition, nextSlice, piecesOf, positionAfter } from './slices.ts';

/** How its blocks are read and written, where that is not the plain way. */
export interface CopyHooks {
  /** The device around its page cache: see OldPlaceOptions. */
  readonly around?: Pick<Source, 'readAt'> | undefined;
  /** Gives memory that goes around the page cache; undefined where there is no such thing, and any memory does. */
  readonly memory?: ((length: number) => Uint8Array | undefined) | undefined;
  /** Told of each block that cannot be read, and zeros take its place; without it such a block stops the move. */
  readonly onUnreadable?: ((block: number) => void) | undefined;
  /** Writes what goes into the new place, as `writeAt` of the device, which it may spare a write. */
  readonly writeData?: ((bytes: Uint8Array, offset: number) => void) | undefined;
}

/** What a move works with. */
export interface MoverOptions extends CopyHooks {
  readonly device: Storage;
  readonly home: RecordHome;
  readonly map: UsedMap;
  /** What the place of the held-back sector shows meanwhile. */
  readonly marker: Marker;
}

/** Takes a move from one durable record to the next. */
export interface Mover {
  /**
   * One step, which returns when it is durable. Every step can be repeated after a crash in its middle.
   *
   * @returns the new record; undefined when the move is over and its record gone
   * @throws MoveError MOVE_UNREADABLE; errors of the system. After any of them the record on disk is still good: open
   *   everything anew and go on from there. Do not call `step` again, for a failed sync tells nothing of what is durable.
   */
  step(record: MoveRecord): MoveRecord | undefined;
}

interface Works extends MoverOptions {
  readonly old: OldPlace;
  readonly writeData: (bytes: Uint8Array, offset: number) => void;
  readonly buffer: CopyBuffer;
}

/** The mover for a move that starts with `record`, or goes on from it. */
export function createMover(
  options: MoverOptions,
  { blockSize, source, length, batchBytes, logAt }: MoveRecord,
): Mover {
  const { device, home, marker, onUnreadable, around } = options;
  const { writeData = (bytes, offset) => device.writeAt(bytes, offset) } = options;
  const { displaced } = home;
  const old = oldPlaceOf(device, {
    source,
    length,
    blockSize,
    marker: encodeMarker(marker),
    displaced,
    onUnreadable,
    around,
  });
  const works: Works = {
    ...options,
    old,
    writeData,
    buffer: copyBuffer(batchBytes, { isBatchWhole: logAt > 0, memory: options.memory }),
  };
  return { step: (record) => steps[record.state](works, record) };
}

const steps = {
  started: holdBack,
  copying: copyBatch,
  logged: putLoggedBatch,
  copied: switchOn,
  done: tidyUp,
} as const;

/** Make the next record durable. */
function save({ home }: Works, record: MoveRecord, change: Partial<MoveRecord>): MoveRecord {
  const next = { ...record, ...change, sequence: record.sequence + 1 };
  home.save(next);
  return next;
}

/** From here until the end neither place has a superblock. */
function holdBack(works: Works, record: MoveRecord): MoveRecord {
  const { device, home, map, marker } = works;
  const sector = encodeMarker(marker);
  device.writeAt(sector, headOf(record.source).from);
  if (!overlaps(headOf(record.destination), oldPlace(record))) {
    device.writeAt(sector, headOf(record.destination).from);
  }
  device.sync();
  return save(works, home.settle(record, map), { state: 'copying', position: firstPosition(record) });
}

function copyBatch(works: Works, record: MoveRecord): MoveRecord {
  const { device } = works;
  const slice = nextBatch(works, record);
  if (slice === undefined) return save(works, record, { state: 'copied' });
  if (record.logAt > 0) return logBatch(works, record, slice);
  const refuge = refugeFor(works, record, slice);
  if (refuge !== undefined) return carry(works, record, refuge);
  for (const load of loadsOf(works.buffer, piecesOf(works.map, slice))) {
    for (const { bytes, position } of load) works.old.read(bytes, position);
    for (const { bytes, position } of load) works.writeData(bytes, record.destination + position);
  }
  device.sync();
  return save(works, record, { position: positionAfter(record, slice) });
}

/** The positions that the next step of `record` copies; undefined when none are left. */
export function nextBatch({ home, map }: Pick<MoverOptions, 'home' | 'map'>, record: MoveRecord): Range | undefined {
  const { displaced } = home;
  return nextSlice(record, map, record.position, {
    span: record.logAt > 0 ? Number.POSITIVE_INFINITY : record.batchBytes,
    used: record.batchBytes,
    splits: displaced === undefined ? [] : [displaced.positions.from, displaced.positions.to],
  });
}

/** Where the displaced bytes must go before `slice` is copied; undefined when they are not in its way. */
function refugeFor({ home: { displaced } }: Works, record: MoveRecord, slice: Range): number | undefined {
  if (displaced === undefined || displacedIsDone(record, displaced.positions)) return undefined;
  const kept = shift({ from: 0, to: displaced.bytes.length }, record.carriedAt);
  return overlaps(kept, shift(slice, record.destination)) ? displaced.refugeFrom(slice) : undefined;
}

/** Whether the bytes under the record are in the new place already, so that nobody asks for them again. */
export const displacedIsDone = (record: MoveRecord, positions: Range): boolean =>
  firstPosition(record) === 0 ? record.position >= positions.to : record.position <= positions.from;

function carry(works: Works, record: MoveRecord, refuge: number): MoveRecord {
  works.device.writeAt(works.home.displaced?.bytes ?? new Uint8Array(), refuge);
  works.device.sync();
  return save(works, record, { carriedAt: refuge });
}

/** First half of a batch that is longer than the distance: its data to the log. The buffer keeps it for the second. */
function logBatch(works: Works, record: MoveRecord, slice: Range): MoveRecord {
  const { log } = works.home;
  if (log === undefined) throw new TypeError('a logged move needs a home with a log');
  for (const load of loadsOf(works.buffer, piecesOf(works.map, slice))) {
    for (const { bytes, position } of load) works.old.read(bytes, position);
    for (const { bytes, at } of unitsOf(works.buffer, load)) log.writeAt(bytes, record.logAt + at);
  }
  log.sync();
  const logged = save(works, record, { state: 'logged', logged: slice });
  return putBatch(works, logged);
}

/** A crash came after the log was complete: the source of the batch may be gone, the log is not. */
function putLoggedBatch(works: Works, record: MoveRecord): MoveRecord {
  for (const load of loadsOf(works.buffer, piecesOf(works.map, record.logged))) {
    for (const { bytes, at } of unitsOf(works.buffer, load)) works.home.log?.readAt(bytes, record.logAt + at);
  }
  return putBatch(works, record);
}

/** Second half: from the buffer to the new place. */
function putBatch(works: Works, record: MoveRecord): MoveRecord {
  for (const load of loadsOf(works.buffer, piecesOf(works.map, record.logged))) {
    for (const { bytes, position } of load) works.writeData(bytes, record.destination + position);
  }
  works.device.sync();
  return save(works, record, { state: 'copying', position: positionAfter(record, record.logged) });
}

/**
 * Everything but the held-back sector is durable in the new place: one sector makes it a file system. No marker there
 * means that a run before this one has done it, and somebody may have mounted and changed the file system since.
 */
function switchOn(works: Works, record: MoveRecord): MoveRecord {
  if (holdsMarker(works.device, record.destination, record)) {
    works.device.writeAt(record.head, headOf(record.destination).from);
    works.device.sync();
  }
  return save(works, record, { state: 'done' });
}

function tidyUp({ device, home }: Works, record: MoveRecord): undefined {
  // It is still there unless a used block of the new place has overwritten it.
  clearMarker(device, record.source, record);
  home.remove();
}

/** Whether the sector that is held back at `place` holds the marker of this move. */
export function holdsMarker(device: Storage, place: number, move: { readonly id: Uint8Array }): boolean {
  const marker = decodeMarker(readBytes(device, headOf(place).from, SECTOR));
  return marker !== undefined && sameId(marker, move);
}

/** Take the marker of this move away from `place`, if it is there. */
export function clearMarker(device: Storage, place: number, move: { readonly id: Uint8Array }): void {
  if (!holdsMarker(device, place, move)) return;
  device.writeAt(new Uint8Array(SECTOR), headOf(place).from);
  device.sync();
}
