import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type MountView, printable } from '@e2image/cli';
import type { KernelCalls } from '@e2image/sparse-io';
import { MoveError } from '../base/errors.ts';
import type { CopyHooks } from '../copy/mover.ts';
import type { DeviceFile } from '../disk/device.ts';
import type { Move } from '../disk/geometry.ts';
import { defaultJournal, type OpenSideFile, openSideFile } from '../homes/side-file.ts';
import { readNewestSlot, SLOTS_BYTES } from '../record/record.ts';
import type { Journey } from '../run/begin-move.ts';
import { findMarker, resumeBeside, resumeInside } from '../run/resume-move.ts';
import { journalOf, openDevice, withinSize } from './open-move.ts';
import { resumeCommand } from './resume-command.ts';

/** A move that must be finished. */
export interface ResumeRequest {
  readonly device: string;
  /** Compared with the record if given. Without them a record inside the device is looked for at byte 0. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** File of the record; undefined: the file beside an image file if it exists, else the record inside the device. */
  readonly journal?: string | undefined;
}

/** An interrupted move, open and checked. Owns its files until it is disposed. */
export interface OpenResume extends Disposable {
  readonly journey: Journey;
  readonly device: DeviceFile;
  readonly journal: string | undefined;
}

/** The system, and how blocks are read and written. */
export interface ResumeWorld {
  readonly mounts: MountView;
  readonly hooks?: CopyHooks;
  readonly kernel?: KernelCalls | undefined;
}

/**
 * Find an interrupted move and check that record and device belong together.
 *
 * @throws MoveError MOVE_NOTHING_TO_RESUME (the record of a move that had not touched the file system is deleted),
 *   MOVE_JOURNAL_INVALID, MOVE_DIFFERENT_DEVICE, MOVE_IN_USE; system errors
 */
export function openResume(request: ResumeRequest, world: ResumeWorld): OpenResume {
  const device = openDevice(request.device, { isReadOnly: false, mounts: world.mounts });
  try {
    const journal = request.journal === undefined ? journalBeside(device) : resolve(request.journal);
    return journal === undefined ? fromInside(device, request, world) : fromFile(device, journal, request, world);
  } catch (error) {
    device[Symbol.dispose]();
    throw error;
  }
}

function journalBeside(device: DeviceFile): string | undefined {
  if (device.isBlockDevice) return undefined;
  const path = defaultJournal(device.path);
  return existsSync(path) ? path : undefined;
}

function fromFile(device: DeviceFile, path: string, request: ResumeRequest, world: ResumeWorld): OpenResume {
  const side = openSideFile(path);
  try {
    const record = side.size < SLOTS_BYTES ? undefined : readNewestSlot(side.storage, 0);
    if (record === undefined) {
      const text = `${printable(path)} holds no record of a move; if it was made by a move, nothing was moved yet`;
      throw new MoveError('MOVE_JOURNAL_INVALID', `${text}, and it can be deleted`);
    }
    checkRequest(record, request);
    checkSize(device, record);
    const journey = resumeBeside(device, side, hooksFor(device, world));
    if (journey === undefined) {
      side.remove();
      throw untouched(device, record);
    }
    return { journey, device, journal: path, [Symbol.dispose]: () => disposeAll(side, device) };
  } catch (error) {
    side[Symbol.dispose]();
    throw error;
  }
}

const hooksFor = (device: DeviceFile, { hooks, kernel }: ResumeWorld): CopyHooks => ({
  ...hooks,
  around: device.around,
  memory: (length) => device.directMemory(length, kernel),
});

const disposeAll = (side: OpenSideFile, device: DeviceFile): void => {
  side[Symbol.dispose]();
  device[Symbol.dispose]();
};

function fromInside(device: DeviceFile, request: ResumeRequest, world: ResumeWorld): OpenResume {
  const place = { source: request.from ?? 0, destination: request.to ?? 0 };
  const marker = findMarker(withinSize(device), place);
  if (marker === undefined) {
    const places = [...new Set([place.source, place.destination])].join(' or ');
    throw new MoveError('MOVE_NOTHING_TO_RESUME', `no interrupted move at byte ${places} of ${printable(device.path)}`);
  }
  if (!marker.isInside) {
    const hint = { device: resolve(device.path), move: marker, journal: journalOf(marker) };
    throw new MoveError(
      'MOVE_NOTHING_TO_RESUME',
      `the record of the move is in a file; resume with: ${resumeCommand(hint)}`,
    );
  }
  checkRequest(marker, request);
  checkSize(device, marker);
  const journey = resumeInside(device, marker, hooksFor(device, world));
  if (journey === undefined) throw untouched(device, marker);
  return { journey, device, journal: undefined, [Symbol.dispose]: () => device[Symbol.dispose]() };
}

const untouched = (device: DeviceFile, { source }: Move): MoveError =>
  new MoveError(
    'MOVE_NOTHING_TO_RESUME',
    `the move had not begun: the file system is whole at byte ${source} of ${printable(device.path)}`,
  );

/** An offset that was given must be that of the record. */
function checkRequest({ source, destination }: Move, { from = source, to = destination }: ResumeRequest): void {
  if (from === source && to === destination) return;
  throw new MoveError(
    'MOVE_DIFFERENT_DEVICE',
    `the record is of a move from byte ${source} to byte ${destination}, not from ${from} to ${to}`,
  );
}

function checkSize({ size, path }: DeviceFile, { source, destination, length }: Move): void {
  const end = Math.max(source, destination) + length;
  if (end <= size) return;
  throw new MoveError(
    'MOVE_DIFFERENT_DEVICE',
    `the record is of a move on a device of at least ${end} bytes, ${printable(path)} has ${size}`,
    { detail: { size, offset: end } },
  );
}
