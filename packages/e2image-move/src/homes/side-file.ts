import { closeSync, fstatSync, fsyncSync, openSync, readdirSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, printable } from '@e2image/cli';
import type { KernelCalls } from '@e2image/sparse-io';
import { MoveError } from '../base/errors.ts';
import { DeviceFile } from '../disk/device.ts';
import type { Storage } from '../disk/storage.ts';

/** The default file of the record of a move on an image file: beside the image, after following links. */
export const defaultJournal = (image: string): string => `${realpathSync(image)}.e2move`;

/** The file of a record outside the device. */
export interface SideFile {
  readonly storage: Storage;
  /** Its path, for the marker on the device. */
  readonly path: string;
  /** Delete it, durably. */
  remove(): void;
}

/** The file of a record, open. Disposing closes it, and does not delete it. */
export interface OpenSideFile extends SideFile, Disposable {
  /** Bytes. */
  readonly size: number;
}

/**
 * Make the file of a record with all the space that it will need, and make file and name durable.
 *
 * @throws MoveError MOVE_JOURNAL_EXISTS; system errors, after which the file is gone
 */
export function createSideFile(path: string, bytes: number, kernel: KernelCalls | undefined): OpenSideFile {
  const file = createOrRefuse(path);
  try {
    file.reserve([{ from: 0, to: bytes }], bytes, kernel);
    syncFolder(path);
    return opened(file);
  } catch (error) {
    file[Symbol.dispose]();
    unlinkSync(path);
    throw error;
  }
}

/**
 * Open the file of a record that an earlier run left.
 *
 * @throws MoveError MOVE_IN_USE if that run is still active, MOVE_NOTHING_TO_RESUME if the file does not exist,
 *   MOVE_JOURNAL_INVALID if it belongs to another user; system errors
 */
export function openSideFile(path: string): OpenSideFile {
  const file = openOrRefuse(path);
  try {
    refuseForeign(file);
    return opened(file);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** A record controls writes to a device: accept only one of root or of this user, and only if no process has it open. */
function refuseForeign({ fd, path }: DeviceFile): void {
  const { uid } = fstatSync(fd);
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw new MoveError('MOVE_JOURNAL_INVALID', `${printable(path)} belongs to another user, with number ${uid}`);
  }
  const user = processWith(fd);
  if (user === undefined) return;
  throw new MoveError('MOVE_IN_USE', `${printable(path)}: the move is still running, as process ${user}`);
}

function opened(file: DeviceFile): OpenSideFile {
  const { path } = file;
  return {
    storage: file,
    path,
    size: file.size,
    remove() {
      unlinkSync(path);
      syncFolder(path);
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function createOrRefuse(path: string): DeviceFile {
  try {
    return DeviceFile.create(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    throw new MoveError('MOVE_JOURNAL_EXISTS', `${printable(path)} exists already`, { cause: error });
  }
}

function openOrRefuse(path: string): DeviceFile {
  try {
    return DeviceFile.openExisting(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new MoveError('MOVE_NOTHING_TO_RESUME', `${printable(path)} does not exist: no move to resume`, {
      cause: error,
    });
  }
}

/** Sync a folder: that makes the names in it durable. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Number of another process that has the file open; undefined if none is visible to this user. */
function processWith(fd: number): string | undefined {
  const { dev, ino } = fstatSync(fd);
  const isSame = (link: string): boolean => {
    const stat = quietly(() => statSync(link));
    return stat?.dev === dev && stat.ino === ino;
  };
  const others = (quietly(() => readdirSync('/proc')) ?? []).filter((name) => /^\d+$/.test(name));
  return others.find((pid) => {
    if (pid === `${process.pid}`) return false;
    const folder = `/proc/${pid}/fd`;
    return (quietly(() => readdirSync(folder)) ?? []).some((name) => isSame(join(folder, name)));
  });
}

function quietly<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
