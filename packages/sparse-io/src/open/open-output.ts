import {
  close,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  open,
  openSync,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, systemError } from '../base/errors.ts';
import type { Sink } from '../base/sink.ts';
import { descriptorNumber } from '../disk/descriptor-number.ts';
import { isMountPoint } from '../disk/mount-point.ts';
import { type KernelCalls, loadKernelCalls } from '../kernel/kernel-calls.ts';
import { FileSink } from '../sink/file-sink.ts';
import { StreamSink } from '../sink/stream-sink.ts';
import type { ZeroMethod } from '../sink/zeroer.ts';
import { PartialFile } from './partial-file.ts';
import { randomLetters } from './random-letters.ts';

const openAsync = promisify(open);
const closeAsync = promisify(close);

/** How to open an output. */
export interface OutputOptions {
  /** Keep the contents of an existing file and write into it. A new file is still written as a partial file. */
  readonly keepContents?: boolean;
  /** With `keepContents`: never shorten the file. */
  readonly keepTail?: boolean;
  /** How ranges are made zero. Default: `hole` in a new or emptied file, `punch` in a kept one, `write` on a device. */
  readonly zero?: ZeroMethod;
  /** Path of the partial file. An existing one is continued, and `abort` keeps it. */
  readonly partialPath?: string;
  /** Called only where kernel calls are useful. Default: loadKernelCalls. */
  readonly loadKernel?: () => Promise<KernelCalls | undefined>;
  /** Random letters for the partial file's name. */
  readonly letters?: () => string;
}

/** Why a regular file is written in place, so that an interruption leaves it incomplete. */
type InPlaceReason =
  /** Requested by `keepContents`. */
  | 'kept'
  /** The file has other names, which would keep the old contents. */
  | 'hard-links'
  /** The folder allows no new file (EACCES, EPERM, EROFS), or does not allow to replace the old one (sticky bit). */
  | 'folder'
  /** Something is mounted on the name (EBUSY). */
  | 'mount-point';

/** An open output, and what the caller must know about it. */
export interface Output {
  readonly sink: Sink;
  readonly kind: 'partial-file' | 'in-place' | 'block-device' | 'stream' | 'null-device';
  /** True when the output existed before. */
  readonly existed: boolean;
  /** Set for `in-place` only. */
  readonly inPlaceReason?: InPlaceReason;
  /** True for a terminal, which no image should go to. */
  readonly isTerminal: boolean;
  /** The descriptor, for reading the existing contents; undefined for streams. */
  readonly fd?: number;
  /** The path of the file until it gets its final name. Set for `partial-file` only. */
  readonly partialPath?: string;
}

/**
 * Open an output so that the file of its final name is always complete: a regular file is written as a partial file in
 * the same folder, and renamed by `finish`. Some outputs are written in place instead, which the result reports: block
 * devices, pipes, `/dev/stdout`, `/dev/fd/N`, files that are kept or have several names, folders that allow no partial
 * file.
 *
 * Symbolic links are followed first. Existing data is not changed before the first write, except that a file that is
 * written in place and not kept is emptied: validate before. Opening a FIFO waits for its reader, in the thread pool.
 *
 * @throws system errors (`ENOENT`, `EACCES`, `EISDIR`, `ETXTBSY` ...)
 */
export async function openOutput(path: string, options: OutputOptions = {}): Promise<Output> {
  refuseNoName(path);
  const fd = descriptorNumber(path);
  if (fd !== undefined) return streamOutput(fd, false, options);
  const target = followLinks(path);
  const stat = statSync(target, { throwIfNoEntry: false });
  if (stat === undefined) return partialOutput(target, undefined, options);
  if (stat.isBlockDevice()) return deviceOutput(target, options);
  if (!stat.isFile()) return specialOutput(target, stat, options);
  return existingFile(target, stat, options);
}

/** Refuse a name that no file can have: a partial file could be written, but the rename at the end would fail. */
function refuseNoName(path: string): void {
  const code = path === '' ? 'ENOENT' : path.endsWith('/') ? 'EISDIR' : undefined;
  if (code !== undefined) throw systemError(code, `${code}: not a name of a file, open '${path}'`);
}

/** Standard output as a stream: a pipe, a terminal, or a file that the shell redirected to. */
export function openStandardOutput(options: OutputOptions = {}): Promise<Output> {
  return streamOutput(1, false, options);
}

async function existingFile(target: string, stat: Stats, options: OutputOptions): Promise<Output> {
  // Open the file first: a read-only, immutable or running file must be refused now, not at the rename.
  const fd = openSync(target, constants.O_RDWR);
  const reason = options.keepContents ? 'kept' : reasonInPlace(target, stat);
  if (reason === undefined) {
    closeSync(fd);
    try {
      return await partialOutput(target, stat, options);
    } catch (error) {
      if (!FOLDER_REFUSES.has(codeOf(error) ?? '')) throw error;
      return inPlaceOutput(openSync(target, constants.O_RDWR), 'folder', options);
    }
  }
  return inPlaceOutput(fd, reason, options);
}

const FOLDER_REFUSES = new Set(['EACCES', 'EPERM', 'EROFS', 'EBUSY']);
const STICKY = 0o1000;

function reasonInPlace(target: string, stat: Stats): InPlaceReason | undefined {
  if (stat.nlink > 1) return 'hard-links';
  if (isMountPoint(target)) return 'mount-point';
  const folder = statSync(dirname(target));
  const me = process.geteuid?.();
  const isStuck = (folder.mode & STICKY) !== 0 && me !== 0 && stat.uid !== me && folder.uid !== me;
  return isStuck ? 'folder' : undefined;
}

async function partialOutput(target: string, old: Stats | undefined, options: OutputOptions): Promise<Output> {
  // A new file needs no kernel calls. A replaced file may have attributes to keep, and a continued one data to punch.
  const kernel = old === undefined && options.partialPath === undefined ? undefined : await kernelOf(options);
  const letters = options.letters?.() ?? randomLetters(10);
  const sink = new PartialFile(target, {
    replaces: old,
    kernel,
    letters,
    resume: options.partialPath,
    zero: options.partialPath === undefined ? options.zero : zeroOver(options.zero),
  });
  return {
    sink,
    kind: 'partial-file',
    existed: old !== undefined,
    isTerminal: false,
    fd: sink.fd,
    partialPath: sink.path,
  };
}

async function inPlaceOutput(fd: number, inPlaceReason: InPlaceReason, options: OutputOptions): Promise<Output> {
  const { keepContents = false, keepTail = false } = options;
  const kernel = keepContents || options.zero !== undefined ? await kernelOf(options) : undefined;
  if (!keepContents) ftruncateSync(fd, 0);
  const zero = keepContents ? zeroOver(options.zero) : (options.zero ?? 'hole');
  const sink = new FileSink(fd, { zero, keepTail: keepContents && keepTail, kernel });
  return { sink, kind: 'in-place', existed: true, isTerminal: false, inPlaceReason, fd };
}

/** The method for a file that may already contain data: without a write or a punch it would not read as zeros. */
function zeroOver(asked: ZeroMethod | undefined): ZeroMethod {
  return asked === undefined || asked === 'hole' ? 'punch' : asked;
}

async function deviceOutput(target: string, options: OutputOptions): Promise<Output> {
  const kernel = await kernelOf(options);
  // O_EXCL on a block device: refused with EBUSY where a mount, swap, RAID or another program holds it.
  const fd = openSync(target, constants.O_RDWR | constants.O_EXCL);
  const zero = options.zero === undefined || options.zero === 'hole' ? 'write' : options.zero;
  return { sink: new FileSink(fd, { zero, kernel }), kind: 'block-device', existed: true, isTerminal: false, fd };
}

async function specialOutput(target: string, stat: Stats, options: OutputOptions): Promise<Output> {
  const fd = await openAsync(target, constants.O_WRONLY);
  if (stat.isCharacterDevice() && stat.rdev === NULL_DEVICE) {
    return { sink: new FileSink(fd, { zero: 'hole' }), kind: 'null-device', existed: true, isTerminal: false, fd };
  }
  try {
    return await streamOutput(fd, true, options);
  } catch (error) {
    await closeAsync(fd);
    throw error;
  }
}

/** Device number of /dev/null, 1:3: the only special file to which zeros need not be written, perhaps 15 TiB of them. */
const NULL_DEVICE = 0x103;

async function streamOutput(fd: number, isOwned: boolean, options: OutputOptions): Promise<Output> {
  const kernel = fstatSync(fd).isFIFO() ? await kernelOf(options) : undefined;
  return {
    sink: new StreamSink(fd, { kernel, isOwned }),
    kind: 'stream',
    existed: true,
    isTerminal: process.getBuiltinModule('node:tty').isatty(fd),
  };
}

function kernelOf(options: OutputOptions): Promise<KernelCalls | undefined> {
  return (options.loadKernel ?? loadKernelCalls)();
}

/** Symbolic links that the kernel follows in one path before it fails with ELOOP. Source: path_resolution(7). */
const MAX_LINKS = 40;

/** The target of a path with its symbolic links followed. Unlike realpath(3), the target need not exist. */
function followLinks(path: string): string {
  let target = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return target;
    const next = readlinkSync(target);
    target = isAbsolute(next) ? next : join(dirname(target), next);
  }
  throw systemError('ELOOP', `ELOOP: too many symbolic links, open '${path}'`, { syscall: 'open', path });
}
