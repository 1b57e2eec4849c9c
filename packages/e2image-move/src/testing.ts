import type { Move } from './disk/geometry.ts';
import type { Storage } from './disk/storage.ts';
import { insidePlaces } from './homes/inside-home.ts';
import { type MoveRecord, readNewestSlot, sameId } from './record/record.ts';
import { beginBeside, beginInside, type MoveTask, sideFileBytes } from './run/begin-move.ts';
import { findMarker } from './run/resume-move.ts';
import { CrashPoint, type Operation, tracedDisk } from './testing/crash-disk.ts';

export type { MoveRecord } from './record/record.ts';

/** A device and the file of a record as arrays, and all that a whole move did to them. */
export interface MoveTrace {
  /** Before the move: the device, and the file, which is empty if the record is inside the device. */
  readonly disks: readonly Uint8Array[];
  readonly operations: readonly Operation[];
}

/**
 * Move on arrays. For proofs on real file systems: see `cutPower`.
 *
 * @param device what the device holds, long enough for the move; it is not changed
 * @param journal path of the record's file, as the marker names it; undefined = inside the device
 */
export function traceMove(task: MoveTask, device: Uint8Array, journal: string | undefined): MoveTrace {
  // Not slice(): for a Buffer it gives a view, and the move would change the original.
  const disks = [device, new Uint8Array(journal === undefined ? 0 : sideFileBytes(task))];
  const operations: Operation[] = [];
  const [storage, file] = disks.map((disk, index) => tracedDisk(new Uint8Array(disk), index, operations));
  if (storage === undefined || file === undefined) throw new TypeError('two disks make two storages');
  const { record, mover } =
    journal === undefined
      ? beginInside(storage, task)
      : beginBeside(storage, { storage: file, path: journal, remove: () => undefined }, task);
  for (let at: MoveRecord | undefined = record; at !== undefined; ) at = mover.step(at);
  return { disks, operations };
}

/**
 * What power cuts leave of both disks: everything that was synced by then, and of the rest any sectors in any version.
 *
 * @param counts after how many operations the power goes, ascending
 * @returns one state of both disks for each count
 */
export function* cutPower(
  { disks, operations }: MoveTrace,
  counts: readonly number[],
  { sectorSize, pick }: { readonly sectorSize: number; readonly pick: () => number },
): Generator<Uint8Array[]> {
  const point = new CrashPoint(disks, sectorSize);
  let done = 0;
  for (const count of counts) {
    for (const operation of operations.slice(done, count)) point.apply(operation);
    done = count;
    yield point.randomState(pick);
  }
}

/** Reads bytes of a file or device. */
export type Read = (offset: number, length: number) => Uint8Array;

/** What the file of a record says of a move; undefined if it has no record yet. */
export const recordBeside = (read: Read): MoveRecord | undefined => readNewestSlot(readerOf(read), 0);

/** What a device says of a move whose record it holds; undefined if it holds none. */
export function recordInside(read: Read, places: Omit<Move, 'length'>): MoveRecord | undefined {
  const marker = findMarker(readerOf(read), places);
  if (marker?.isInside !== true) return undefined;
  const record = readNewestSlot(readerOf(read), insidePlaces(marker, marker.mapBytes).at);
  return record !== undefined && sameId(record, marker) ? record : undefined;
}

const readerOf = (read: Read): Pick<Storage, 'readAt'> => ({
  readAt: (into, offset) => into.set(read(offset, into.length)),
});
