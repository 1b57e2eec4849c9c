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

/** Other ways to read and write blocks than those of the device. */
export interface CopyHooks {
  /** The device around its page cache: see OldPlaceOptions. */
  readonly around?: Pick<Source, 'readAt'> | undefined;
  /** Allocates memory for I/O around the page cache; undefined if that is not possible, and any memory will do. */
  readonly memory?: ((length: number) => Uint8Array | undefined) | undefined;
  /** Called for each block that cannot be read; it is replaced by zeros. Without it such a block stops the move. */
  readonly onUnreadable?: ((block: number) => void) | undefined;
  /** Writes into the new place, as `writeAt` of the device does; it may leave out blocks that are equal. */
  readonly writeData?: ((bytes: Uint8Array, offset: number) => void) | undefined;
}

/** What a move works with. */
export interface MoverOptions extends CopyHooks {
  readonly device: Storage;
  readonly home: RecordHome;
  readonly map: UsedMap;
  /** What replaces the held-back sector during the move. */
  readonly marker: Marker;
}

/** Takes a move from one durable record to the next. */
export interface Mover {
  /**
   * One step, which returns when it is durable. Every step can be repeated after a crash in its middle.
   *
   * @returns the new record; undefined when the move is over and its record gone
   * @throws MoveError MOVE_UNREADABLE; errors of the system. After any of them the record on disk is still good: open
   *   everything again and continue from there. Do not call `step` again: after a failed sync it is unknown what is durable.
   */
  step(record: MoveRecord): MoveRecord | undefined;
}

/** What the steps work with. */
interface StepContext extends MoverOptions {
  readonly old: OldPlace;
  readonly writeData: (bytes: Uint8Array, offset: number) => void;
  readonly buffer: CopyBuffer;
}

/** The mover for a move that starts with `record`, or continues from it. */
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
  const context: StepContext = {
    ...options,
    old,
    writeData,
    buffer: copyBuffer(batchBytes, { isBatchWhole: logAt > 0, memory: options.memory }),
  };
  return { step: (record) => steps[record.state](context, record) };
}

const steps = {
  started: holdBack,
  copying: copyBatch,
  logged: putLoggedBatch,
  copied: switchOn,
  done: tidyUp,
} as const;

/** Make the next record durable. */
function save({ home }: StepContext, record: MoveRecord, change: Partial<MoveRecord>): MoveRecord {
  const next = { ...record, ...change, sequence: record.sequence + 1 };
  home.save(next);
  return next;
}

/** Replace the head of the superblock by the marker: from here until the end neither place has a superblock. */
function holdBack(context: StepContext, record: MoveRecord): MoveRecord {
  const { device, home, map, marker } = context;
  const sector = encodeMarker(marker);
  device.writeAt(sector, headOf(record.source).from);
  if (!overlaps(headOf(record.destination), oldPlace(record))) {
    device.writeAt(sector, headOf(record.destination).from);
  }
  device.sync();
  return save(context, home.settle(record, map), { state: 'copying', position: firstPosition(record) });
}

function copyBatch(context: StepContext, record: MoveRecord): MoveRecord {
  const { device } = context;
  const slice = nextBatch(context, record);
  if (slice === undefined) return save(context, record, { state: 'copied' });
  if (record.logAt > 0) return logBatch(context, record, slice);
  const refuge = refugeFor(context, record, slice);
  if (refuge !== undefined) return carry(context, record, refuge);
  for (const load of loadsOf(context.buffer, piecesOf(context.map, slice))) {
    for (const { bytes, position } of load) context.old.read(bytes, position);
    for (const { bytes, position } of load) context.writeData(bytes, record.destination + position);
  }
  device.sync();
  return save(context, record, { position: positionAfter(record, slice) });
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

/** Where the displaced bytes must be carried before `slice` is copied; undefined if the slice does not overwrite them. */
function refugeFor({ home: { displaced } }: StepContext, record: MoveRecord, slice: Range): number | undefined {
  if (displaced === undefined || displacedIsDone(record, displaced.positions)) return undefined;
  const kept = shift({ from: 0, to: displaced.bytes.length }, record.carriedAt);
  return overlaps(kept, shift(slice, record.destination)) ? displaced.refugeFrom(slice) : undefined;
}

/** Whether the bytes under the record are in the new place already, so that they are not needed again. */
export const displacedIsDone = (record: MoveRecord, positions: Range): boolean =>
  firstPosition(record) === 0 ? record.position >= positions.to : record.position <= positions.from;

function carry(context: StepContext, record: MoveRecord, refuge: number): MoveRecord {
  context.device.writeAt(context.home.displaced?.bytes ?? new Uint8Array(), refuge);
  context.device.sync();
  return save(context, record, { carriedAt: refuge });
}

/** First half of a batch that is longer than the distance: write its data to the log. The buffer keeps it for the second. */
function logBatch(context: StepContext, record: MoveRecord, slice: Range): MoveRecord {
  const { log } = context.home;
  if (log === undefined) throw new TypeError('a logged move needs a home with a log');
  for (const load of loadsOf(context.buffer, piecesOf(context.map, slice))) {
    for (const { bytes, position } of load) context.old.read(bytes, position);
    for (const { bytes, at } of unitsOf(context.buffer, load)) log.writeAt(bytes, record.logAt + at);
  }
  log.sync();
  const logged = save(context, record, { state: 'logged', logged: slice });
  return putBatch(context, logged);
}

/** After a crash with a complete log: read the batch from the log, for its source may be overwritten. */
function putLoggedBatch(context: StepContext, record: MoveRecord): MoveRecord {
  for (const load of loadsOf(context.buffer, piecesOf(context.map, record.logged))) {
    for (const { bytes, at } of unitsOf(context.buffer, load)) context.home.log?.readAt(bytes, record.logAt + at);
  }
  return putBatch(context, record);
}

/** Second half: write the batch from the buffer to the new place. */
function putBatch(context: StepContext, record: MoveRecord): MoveRecord {
  for (const load of loadsOf(context.buffer, piecesOf(context.map, record.logged))) {
    for (const { bytes, position } of load) context.writeData(bytes, record.destination + position);
  }
  context.device.sync();
  return save(context, record, { state: 'copying', position: positionAfter(record, record.logged) });
}

/**
 * Everything but the held-back sector is durable in the new place: this sector makes it a file system. If the marker is
 * missing, an earlier run has written the sector, and the file system may have been mounted and changed since.
 */
function switchOn(context: StepContext, record: MoveRecord): MoveRecord {
  if (holdsMarker(context.device, record.destination, record)) {
    context.device.writeAt(record.head, headOf(record.destination).from);
    context.device.sync();
  }
  return save(context, record, { state: 'done' });
}

function tidyUp({ device, home }: StepContext, record: MoveRecord): undefined {
  // The marker still exists, unless a used block of the new place has overwritten it.
  clearMarker(device, record.source, record);
  home.remove();
}

/** Whether the sector that is held back at `place` holds the marker of this move. */
export function holdsMarker(device: Storage, place: number, move: { readonly id: Uint8Array }): boolean {
  const marker = decodeMarker(readBytes(device, headOf(place).from, SECTOR));
  return marker !== undefined && sameId(marker, move);
}

/** Remove the marker of this move from `place`, if it exists. */
export function clearMarker(device: Storage, place: number, move: { readonly id: Uint8Array }): void {
  if (!holdsMarker(device, place, move)) return;
  device.writeAt(new Uint8Array(SECTOR), headOf(place).from);
  device.sync();
}
