import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { printable } from '@e2image/cli';
import { type DiskView, deviceName, overlapOf, realDisks, unescapeOctal } from '@e2image/sparse-io';
import { MoveError } from '../base/errors.ts';
import type { Move } from '../disk/geometry.ts';

/** What the check needs to know of the system; a test passes a fake. */
export interface PlaceView extends DiskView {
  /** `f_type` of statfs(2); undefined if that fails. */
  filesystemType(path: string): number | undefined;
}

/** The running system. */
const realPlaces: PlaceView = {
  ...realDisks,
  filesystemType(path) {
    try {
      return statfsSync(path).type;
    } catch {
      return undefined;
    }
  },
};

/** Magic numbers of file systems, as statfs(2) lists them. */
const TMPFS = 0x0102_1994;
const RAMFS = 0x8584_58f6;
const OVERLAYFS = 0x794c_7630;

/** The needed fields of a line of /proc/self/mountinfo. */
interface MountInfo {
  readonly source: string;
  readonly options: readonly string[];
}

/** A journal, and the move that it protects. */
export interface JournalQuestion {
  readonly journal: string;
  readonly device: string;
  readonly move: Move;
}

/**
 * Refuse a place for the journal that a power cut or the move itself would destroy.
 *
 * @param isMemoryAllowed whether the user accepts a journal in memory
 * @throws MoveError MOVE_JOURNAL_MEMORY, MOVE_JOURNAL_SAME_FILESYSTEM
 */
export function checkJournalPlace(
  { journal, device, move }: JournalQuestion,
  { isMemoryAllowed, view = realPlaces }: { readonly isMemoryAllowed: boolean; readonly view?: PlaceView },
): void {
  const folder = dirname(journal);
  const mount = mountOf(folder, view);
  const offset = Math.min(move.source, move.destination);
  const length = Math.max(move.source, move.destination) + move.length - offset;
  const isOnDevice = mount !== undefined && overlapOf({ path: mount.source }, { path: device, offset, length }, view);
  if (isOnDevice || isDeviceOf(folder, device, view)) {
    throw new MoveError(
      'MOVE_JOURNAL_SAME_FILESYSTEM',
      `${printable(journal)} is on the bytes that will be moved: name a file elsewhere with --journal`,
    );
  }
  if (!isMemoryAllowed && isInMemory(folder, mount, view)) {
    throw new MoveError(
      'MOVE_JOURNAL_MEMORY',
      `${printable(journal)} would be in memory, and a power cut would destroy it: name a file on a disk with --journal, ` +
        'or use --force',
    );
  }
}

function isDeviceOf(folder: string, device: string, view: DiskView): boolean {
  const moved = view.identify(device);
  return moved?.kind === 'block-device' && view.identify(folder)?.dev === moved.rdev;
}

function isInMemory(folder: string, mount: MountInfo | undefined, view: PlaceView): boolean {
  const type = view.filesystemType(folder);
  if (type === TMPFS || type === RAMFS) return true;
  if (type !== OVERLAYFS) return false;
  // Writes to an overlay go to its upper folder; an overlay without one cannot be written.
  const upper = mount?.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
  const under = upper === undefined ? undefined : view.filesystemType(upper);
  return under === TMPFS || under === RAMFS;
}

/** Source: proc(5), /proc/pid/mountinfo. The last entry of a device number is the one on top. */
function mountOf(folder: string, view: PlaceView): MountInfo | undefined {
  const number = deviceName(view.identify(folder)?.dev ?? 0);
  const line = (view.readText('/proc/self/mountinfo') ?? '').split('\n').findLast((text) => {
    return text.split(' ')[2] === number;
  });
  const [, , source = '', options = ''] = (line?.slice(line.indexOf(' - ') + 1) ?? '').split(' ');
  return line === undefined
    ? undefined
    : { source: unescapeOctal(source), options: options.split(',').map(unescapeOctal) };
}
