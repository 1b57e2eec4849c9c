import { closeSync, fstatSync, fsyncSync, openSync, readdirSync, realpathSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, printable } from '@e2image/cli';
import type { KernelCalls } from '@e2image/sparse-io';
import { MoveError } from '../base/errors.ts';
import { DeviceFile } from '../disk/device.ts';
import type { Storage } from '../disk/storage.ts';

/** Where the record of a move on an image file lies by default: beside the image, links followed. */
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
 * Make the file of a record, with all the space it will ever need, and make file and name durable.
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
 * Open the file of a record that an earlier run has left.
 *
 * @throws MoveError MOVE_IN_USE while that run is still at it, MOVE_NOTHING_TO_RESUME when there is no such file,
 *   MOVE_JOURNAL_INVALID when it is another user's; system errors
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

/** What a record says is done to a device: it must come from somebody who could do it anyway, and be at rest. */
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
    throw new MoveError('MOVE_NOTHING_TO_RESUME', `there is no ${printable(path)}: no move to resume`, {
      cause: error,
    });
  }
}

/** A name is durable when its folder is. */
function syncFolder(path: string): void {
  const fd = openSync(dirname(path), 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Number of another process that has the file open; undefined when there is none that we may see. */
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
