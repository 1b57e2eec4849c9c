import { type CopyHooks, createMover, type Mover } from '../copy/mover.ts';
import { firstPosition } from '../copy/slices.ts';
import { distanceOf, type Move, oldPlace, SECTOR } from '../disk/geometry.ts';
import { readBytes, type Storage } from '../disk/storage.ts';
import { insideHome, insideMapCapacity, insidePlaces } from '../homes/inside-home.ts';
import type { RecordHome } from '../homes/record-home.ts';
import type { SideFile } from '../homes/side-file.ts';
import { logOffset, sideHome } from '../homes/side-home.ts';
import { checksum } from '../record/checksum.ts';
import type { Marker } from '../record/marker.ts';
import type { MoveRecord } from '../record/record.ts';
import { coarsen, encodeMap, type UsedMap } from '../used/used-map.ts';

/** Sizes that bound the batches of a move, in bytes. */
export interface BatchLimits {
  /** Most bytes of a batch: a resume may copy them again, and a signal waits for them. */
  readonly batch: number;
  /** Below this distance batches are logged: syncing batches that fit the distance would cost more than writing twice. */
  readonly shortestUnlogged: number;
}

const DEFAULT_LIMITS: BatchLimits = { batch: 8 * 1024 * 1024, shortestUnlogged: 4 * 1024 * 1024 };

/** A move that is about to begin. */
export interface MoveTask {
  readonly move: Move;
  /** Of the file system, in bytes. */
  readonly blockSize: number;
  /** Its used positions. */
  readonly map: UsedMap;
  /** The sector that is held back, as read from the source. */
  readonly head: Uint8Array;
  /** 16 random bytes. */
  readonly id: Uint8Array;
  readonly limits?: BatchLimits;
}

/** A move with everything that it needs to continue. */
export interface Journey {
  readonly record: MoveRecord;
  readonly mover: Mover;
  readonly home: RecordHome;
  readonly map: UsedMap;
}

/** The marker that the device holds during a move. */
export const markerOf = (record: MoveRecord, journal: string | undefined): Marker => ({
  id: record.id,
  source: record.source,
  destination: record.destination,
  length: record.length,
  mapBytes: record.mapBytes,
  isInside: journal === undefined,
  journal: journal ?? '',
});

/** Bytes that the file of a record takes: allocated before the move, so that it never meets a full disk. */
export function sideFileBytes(task: MoveTask): number {
  const { logAt, batchBytes, mapBytes } = sideRecord(task);
  return logAt > 0 ? logAt + batchBytes : logOffset(mapBytes);
}

/** Write the record of a new move to its file. The device is not touched before the first step. */
export function beginBeside(device: Storage, file: SideFile, task: MoveTask, hooks: CopyHooks = {}): Journey {
  const record = sideRecord(task);
  const home = sideHome(file.storage, () => file.remove());
  home.announce(record, task.map);
  const marker = markerOf(record, file.path);
  return {
    record,
    home,
    map: task.map,
    mover: createMover({ device, home, map: task.map, marker, ...hooks }, record),
  };
}

/** Whether the device itself has room for the record of a move. */
export const fitsInside = (move: Move): boolean => insideMapCapacity(move) !== undefined;

/**
 * Write the record of a new move into the part of the new place that is outside of the old one. The file system is not
 * touched before the first step.
 *
 * @throws TypeError if the record does not fit: ask `fitsInside` first
 */
export function beginInside(device: Storage, task: MoveTask, hooks: CopyHooks = {}): Journey {
  const { limits = DEFAULT_LIMITS } = task;
  const capacity = insideMapCapacity(task.move);
  if (capacity === undefined) throw new TypeError('no room for a record inside the device');
  const map = coarsen(task.map, capacity);
  const encoded = encodeMap(map);
  const places = insidePlaces(task.move, encoded.length);
  const displacedBytes = readBytes(device, places.at, places.bytes);
  const record: MoveRecord = {
    ...firstRecord(task, encoded),
    batchBytes: wholeBlocks(Math.min(limits.batch, places.batchLimit), task.blockSize),
    carriedAt: places.refuge,
    displacedCrc: checksum(displacedBytes),
  };
  const home = insideHome(device, task.move, { places, displacedBytes });
  home.announce(record, map);
  const marker = markerOf(record, undefined);
  return { record, home, map, mover: createMover({ device, home, map, marker, ...hooks }, record) };
}

function sideRecord(task: MoveTask): MoveRecord {
  const record = firstRecord(task, encodeMap(task.map));
  const distance = distanceOf(task.move);
  const { limits = DEFAULT_LIMITS, blockSize } = task;
  const { length } = task.move;
  if (distance >= Math.min(limits.shortestUnlogged, length)) {
    return { ...record, batchBytes: wholeBlocks(Math.min(limits.batch, distance), blockSize) };
  }
  return { ...record, batchBytes: Math.min(limits.batch, length), logAt: logOffset(record.mapBytes) };
}

function firstRecord({ move, blockSize, head, id }: MoveTask, map: Uint8Array): MoveRecord {
  const { from, to } = oldPlace(move);
  return {
    source: from,
    destination: move.destination,
    length: to - from,
    id,
    sequence: 1,
    state: 'started',
    blockSize,
    batchBytes: SECTOR,
    position: firstPosition(move),
    logged: { from: 0, to: 0 },
    logAt: 0,
    mapBytes: map.length,
    mapCrc: checksum(map),
    carriedAt: 0,
    displacedCrc: 0,
    head,
  };
}

/** Round down to whole blocks, or to sectors if it is less than a block. */
const wholeBlocks = (bytes: number, blockSize: number): number => {
  const unit = bytes >= blockSize ? blockSize : SECTOR;
  return Math.floor(bytes / unit) * unit;
};
