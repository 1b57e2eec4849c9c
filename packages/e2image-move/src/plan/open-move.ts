import { resolve } from 'node:path';
import { codeOf, type MountView, printable, realMounts, type World } from '@e2image/cli';
import { type Filesystem, openFilesystem } from '@e2image/ext-core';
import { windowOf } from '@e2image/sparse-io';
import { MoveError } from '../base/errors.ts';
import { DeviceFile } from '../disk/device.ts';
import { checkMove, type Move, SECTOR } from '../disk/geometry.ts';
import { checkJournalPlace } from '../homes/check-journal-place.ts';
import { defaultJournal, openSideFile } from '../homes/side-file.ts';
import type { Marker } from '../record/marker.ts';
import { readNewestSlot, SLOTS_BYTES } from '../record/record.ts';
import { fitsInside, type MoveTask } from '../run/begin-move.ts';
import { findMarker } from '../run/resume-move.ts';
import { blocksInUse } from './in-use.ts';
import { refuseMmp, refuseMounted } from './refusals.ts';
import { resumeCommand } from './resume-command.ts';

/** A move as asked for. Offsets are bytes. */
export interface MoveRequest {
  readonly device: string;
  /** Where the file system is. */
  readonly from: number;
  /** Where it must be after the move. */
  readonly to: number;
  /** File of the record; undefined: it is chosen. */
  readonly journal?: string | undefined;
  /** Whether a file system in use by multi-mount protection, and a journal in memory, are accepted. */
  readonly isForced?: boolean;
  /** Whether everything is decided and nothing is changed. */
  readonly isDryRun?: boolean;
}

/** A move that passed every check; nothing was written yet. Owns the device until it is disposed. */
export interface OpenMove extends Disposable {
  readonly device: DeviceFile;
  readonly task: MoveTask;
  /** File of the record; undefined = inside the device. */
  readonly journal: string | undefined;
  /** What the user should know before the move begins. */
  readonly notes: readonly string[];
}

/**
 * Open, check and decide a move.
 *
 * @throws MoveError, ExtError and system errors: then the device was not changed
 */
export async function openMove(request: MoveRequest, world: World): Promise<OpenMove> {
  const device = openDevice(request.device, { isReadOnly: request.isDryRun === true, mounts: realMounts(world.env) });
  try {
    return await decide(device, request, world);
  } catch (error) {
    device[Symbol.dispose]();
    throw error;
  }
}

/** Open and hold the device of a move. @throws MoveError MOVE_IN_USE, MOVE_NOT_A_DEVICE; system errors */
export function openDevice(
  path: string,
  { isReadOnly, mounts }: { readonly isReadOnly: boolean; readonly mounts: MountView },
): DeviceFile {
  // Before the open, which holds a block device: after it the check would find the device in use.
  refuseMounted(path, mounts);
  return DeviceFile.open(path, { isReadOnly });
}

async function decide(device: DeviceFile, request: MoveRequest, world: World): Promise<OpenMove> {
  const { from: source, to: destination, journal: wanted, isForced = false } = request;
  checkMove({ source, destination, length: 0 });
  refuseInterrupted(device, request);
  const fs = openFilesystem(windowOf(await device.sourceWithHoles(), source));
  const move = { source, destination, length: fs.blocksCount * fs.blockSize };
  checkMove(move);
  checkSizes(device, move, fs);
  if (!isForced) refuseMmp(fs);
  const journal = wanted === undefined ? journalFor(device, move) : resolve(wanted);
  if (journal !== undefined) {
    checkJournalPlace({ journal, device: request.device, move }, { isMemoryAllowed: isForced });
  }
  const { map, doubt } = await blocksInUse(fs);
  const head = fs.superblockBytes.slice(0, SECTOR);
  return {
    device,
    task: { move, blockSize: fs.blockSize, map, head, id: world.randomBytes(16) },
    journal,
    notes: doubt === undefined ? [] : [`every block is copied, used or not: ${doubt}`],
    [Symbol.dispose]: () => device[Symbol.dispose](),
  };
}

/** The file of the record: beside an image file. A device holds it inside if it has room; else the user must name a file. */
function journalFor(device: DeviceFile, move: Move): string | undefined {
  if (!device.isBlockDevice) return defaultJournal(device.path);
  if (fitsInside(move)) return undefined;
  throw new MoveError(
    'MOVE_JOURNAL_NEEDED',
    `a move by ${Math.abs(move.destination - move.source)} bytes leaves no room for its record on the device: ` +
      'name a file with --journal',
  );
}

function checkSizes(device: DeviceFile, { source, destination, length }: Move, fs: Filesystem): void {
  const { size, path } = device;
  if (source + length > size) {
    throw new MoveError(
      'MOVE_TRUNCATED',
      `the file system has ${fs.blocksCount} blocks of ${fs.blockSize} bytes and ends at byte ${source + length}, ` +
        `${printable(path)} at byte ${size}`,
      { detail: { size, offset: source + length } },
    );
  }
  if (device.isBlockDevice && destination + length > size) {
    throw new MoveError(
      'MOVE_BEYOND_END',
      `the file system would end at byte ${destination + length}, ${printable(path)} ends at byte ${size}`,
      { detail: { size, offset: destination + length } },
    );
  }
}

/**
 * Refuse to begin if an interrupted move left its file or its marker.
 *
 * @throws MoveError MOVE_INTERRUPTED_BEFORE with the command that resumes, MOVE_JOURNAL_EXISTS
 */
function refuseInterrupted(device: DeviceFile, { device: path, journal, from, to }: MoveRequest): void {
  const file = journal ?? (device.isBlockDevice ? undefined : defaultJournal(path));
  if (file !== undefined) refuseLeftover(file, path);
  const marker = findMarker(withinSize(device), { source: from, destination: to });
  if (marker === undefined) return;
  throw interrupted(path, { move: marker, journal: journalOf(marker) });
}

/** File of the record as a marker names it; undefined for a record inside the device. */
export const journalOf = ({ isInside, journal }: Marker): string | undefined =>
  isInside ? undefined : journal || 'FILE';

/** The device, which reads as zeros beyond its end: a place there holds no marker. */
export const withinSize = (device: DeviceFile): Pick<DeviceFile, 'readAt'> => ({
  readAt: (into, offset) => {
    if (offset + into.length <= device.size) device.readAt(into, offset);
    else into.fill(0);
  },
});

function refuseLeftover(file: string, device: string): void {
  const record = leftoverRecord(file);
  if (record === undefined) return;
  if (record === 'other') {
    throw new MoveError(
      'MOVE_JOURNAL_EXISTS',
      `${printable(file)} exists and holds no record of a move: delete it, or name another file with --journal`,
    );
  }
  throw interrupted(device, { move: record, journal: file });
}

function leftoverRecord(file: string): Move | 'other' | undefined {
  try {
    using side = openSideFile(file);
    return (side.size < SLOTS_BYTES ? undefined : readNewestSlot(side.storage, 0)) ?? 'other';
  } catch (error) {
    if (codeOf(error) === 'MOVE_NOTHING_TO_RESUME') return undefined;
    throw error;
  }
}

const interrupted = (device: string, { move, journal }: { move: Move; journal: string | undefined }): MoveError =>
  new MoveError(
    'MOVE_INTERRUPTED_BEFORE',
    `a move from byte ${move.source} to byte ${move.destination} was interrupted here; finish it with: ` +
      resumeCommand({ device: resolve(device), move, journal: journal && resolve(journal) }),
  );
