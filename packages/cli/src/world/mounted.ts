import { accessSync, constants } from 'node:fs';
import {
  codeOf,
  type DiskView,
  deviceName,
  type FileIdentity,
  isHeld,
  realDisks,
  unescapeOctal,
} from '@e2image/sparse-io';
import { CliError } from './errors.ts';

/** What the mount check needs of the system; a test passes a made-up one. */
export interface MountView extends DiskView {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether an exclusive open of a block device is refused with EBUSY, may be done, or fails otherwise. */
  openExclusive(path: string): 'free' | 'busy' | 'unknown';
  /** Whether the file system of a folder is read-only as a whole. */
  isReadOnly(folder: string): boolean;
}

/** What is known of the use of a file or device. */
export interface MountState {
  readonly isMounted: boolean;
  readonly isReadOnly: boolean;
  /** It is the root file system, or the environment says so. */
  readonly isRoot: boolean;
  /** Another program or device holds it. */
  readonly isBusy: boolean;
  readonly isSwap: boolean;
  /** The folder where it is mounted; undefined for swap, and where only the environment says that it is mounted. */
  readonly mountPoint?: string;
}

/** The running system, with the environment of the command. */
export function realMounts(env: MountView['env']): MountView {
  return {
    ...realDisks,
    env,
    openExclusive: (path) => (isHeld(path) ? 'busy' : isOpenable(path) ? 'free' : 'unknown'),
    isReadOnly: (folder) => !isAllowed(folder, constants.W_OK, 'EROFS'),
  };
}

const UNUSED: MountState = { isMounted: false, isReadOnly: false, isRoot: false, isBusy: false, isSwap: false };

/**
 * Whether a device, or a file that is loop-mounted, is mounted or used as swap.
 *
 * The rules and their order are those of the C tool (e2fsprogs lib/ext2fs/ismounted.c, as observed): the environment
 * (`EXT2FS_PRETEND_RO_MOUNT`, `_RW_MOUNT`, `_ROOTFS`), an exclusive open, /proc/swaps, /proc/mounts or /etc/mtab, root.
 *
 * @throws CliError CLI_FAILED when there is no mount table at all, unless `EXT2FS_NO_MTAB_OK` is set
 */
export function mountState(path: string, view: MountView): MountState {
  const pretended = pretendedState(view.env);
  if (pretended !== undefined) return pretended;
  const identity = view.identify(path);
  const isDevice = identity?.kind === 'block-device';
  const exclusive = isDevice ? view.openExclusive(path) : 'unknown';
  if (exclusive === 'free') return UNUSED;
  const known = { ...UNUSED, isBusy: exclusive === 'busy' };
  if (isSwap(path, identity, view)) return { ...known, isMounted: true, isSwap: true };
  const entry = mountEntries(view).find((candidate) => isEntryOf(candidate, path, identity, view));
  if (entry !== undefined) {
    const isRoot = entry.folder === '/';
    const isReadOnly = entry.options.includes('ro') || (isRoot && view.isReadOnly('/'));
    return { ...known, isMounted: true, isReadOnly, isRoot, mountPoint: entry.folder };
  }
  if (isDevice && identity.rdev === view.identify('/')?.dev) {
    return { ...known, isMounted: true, isRoot: true, isReadOnly: view.isReadOnly('/'), mountPoint: '/' };
  }
  return known;
}

function pretendedState(env: MountView['env']): MountState | undefined {
  const isReadOnly = env['EXT2FS_PRETEND_RO_MOUNT'] !== undefined;
  if (!isReadOnly && env['EXT2FS_PRETEND_RW_MOUNT'] === undefined) return undefined;
  // COMPAT: the root flag replaces the others, so a pretended root file system counts as not mounted;
  // e2e/raw/options.test.ts (errors.ts).
  if (env['EXT2FS_PRETEND_ROOTFS'] !== undefined) return { ...UNUSED, isRoot: true };
  return { ...UNUSED, isMounted: true, isReadOnly };
}

function isSwap(path: string, identity: FileIdentity | undefined, view: MountView): boolean {
  const lines = (view.readText('/proc/swaps') ?? '').split('\n');
  const names = lines
    .filter((line) => !line.startsWith('Filename\t'))
    .map((line) => unescapeOctal(line.split(/[ \t]/)[0] ?? ''));
  return names.some((name) => name !== '' && (name === path || isSameDevice(identity, view.identify(name))));
}

function isSameDevice(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a?.kind === 'block-device' && b?.kind === 'block-device' && a.rdev === b.rdev;
}

function isSameFile(a: FileIdentity | undefined, b: FileIdentity | undefined): boolean {
  return a?.kind === 'file' && b?.kind === 'file' && a.dev === b.dev && a.ino === b.ino;
}

interface MountEntry {
  readonly source: string;
  readonly folder: string;
  readonly options: readonly string[];
}

function mountEntries(view: MountView): MountEntry[] {
  const table = view.readText('/proc/mounts') ?? view.readText('/etc/mtab');
  if (table === undefined) {
    if (view.env['EXT2FS_NO_MTAB_OK'] !== undefined) return [];
    throw new CliError('CLI_FAILED', "Can't check if filesystem is mounted due to missing mtab file");
  }
  return table.split('\n').flatMap((line) => {
    const [source = '', folder = '', , options = ''] = line.split(' ').map(unescapeOctal);
    return source.startsWith('/') ? [{ source, folder, options: options.split(',') }] : [];
  });
}

function isEntryOf(entry: MountEntry, path: string, identity: FileIdentity | undefined, view: MountView): boolean {
  const isAtFolder = (device: FileIdentity): boolean => device.rdev === view.identify(entry.folder)?.dev;
  // An entry that names the device, but whose folder is on another one, is out of date.
  if (entry.source === path) return identity?.kind !== 'block-device' || isAtFolder(identity);
  const source = view.identify(entry.source);
  if (source?.kind !== 'block-device') return isSameFile(identity, source);
  if (isSameDevice(identity, source)) return isAtFolder(source);
  const backing = view.readText(`/sys/dev/block/${deviceName(source.rdev)}/loop/backing_file`);
  return backing !== undefined && isSameFile(identity, view.identify(backing));
}

function isOpenable(path: string): boolean {
  return isAllowed(path, constants.R_OK);
}

/** @param only the only error code that means no; default: every error does */
function isAllowed(path: string, mode: number, only?: string): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch (error) {
    return only !== undefined && codeOf(error) !== only;
  }
}
