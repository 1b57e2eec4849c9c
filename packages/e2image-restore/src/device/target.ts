import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { CliError, codeOf, failed, printable, realMounts, refuseInUse, type World } from '@e2image/cli';
import {
  aroundCache,
  FileSink,
  FileSource,
  flushView,
  loadKernelCalls,
  openDirectSource,
  type Sink,
  type Source,
} from '@e2image/sparse-io';

/** Writes in place; disposing frees its memory and leaves the device open. */
export interface DeviceSink extends Sink, Disposable {
  /** Resolves when everything written is durable, and a file has `size` bytes or more. */
  sync(size: number): Promise<void>;
}

/** The device of a restore: a block device or a file. */
export interface RestoreTarget {
  readonly source: Source;
  readonly isBlockDevice: boolean;
  openSink(): DeviceSink;
  /** The content of the medium, read around the cache; undefined where that is not possible. */
  openMedium(): (Source & Disposable) | undefined;
}

/** A device that no other program can use until it is disposed. */
export interface OpenTarget extends RestoreTarget, Disposable {}

/**
 * Open the device of a restore.
 *
 * A mounted device, swap, and a device that another program holds are refused; no option overrides that. The cache of a
 * device is dropped first, because another view of the same disk (the file of a loop device) may have been written.
 *
 * @param writable false for a dry run
 * @throws CliError CLI_REFUSED, CLI_FAILED
 */
export async function openTarget(path: string, writable: boolean, world: World): Promise<OpenTarget> {
  refuseInUse(path, realMounts(world.env));
  const fd = openDevice(path, writable);
  try {
    if (fstatSync(fd).isBlockDevice()) await flushView(fd);
    const file = FileSource.over(fd, { kernel: await loadKernelCalls() });
    // Good blocks beside a bad one must not count as unreadable: the undo file would lack their old content.
    const source = aroundCache(file);
    const close = (): void => {
      source?.[Symbol.dispose]();
      closeSync(fd);
    };
    return {
      source: source ?? file,
      isBlockDevice: file.isBlockDevice,
      openSink: () => new FileSink(fd, { zero: 'write', keepTail: true, isOwned: false }),
      openMedium: () => directSource(fd, file.size),
      [Symbol.dispose]: close,
    };
  } catch (error) {
    closeSync(fd);
    throw failed(error, `while trying to open ${path}`);
  }
}

/** Undefined on a file system without direct reads (tmpfs): its cache is the medium. */
function directSource(fd: number, size: number): (Source & Disposable) | undefined {
  try {
    return openDirectSource(fd, size);
  } catch (error) {
    if (codeOf(error) === 'EINVAL') return undefined;
    throw error;
  }
}

const READ_ONLY: ReadonlySet<string | undefined> = new Set(['EROFS', 'EACCES', 'EPERM']);

function openDevice(path: string, writable: boolean): number {
  const access = writable ? constants.O_RDWR : constants.O_RDONLY;
  try {
    const fd = openSync(path, access | constants.O_NONBLOCK);
    if (!fstatSync(fd).isBlockDevice() || !writable) return fd;
    closeSync(fd);
    // On a block device, O_EXCL without O_CREAT means: no other program holds it or can mount it from now on.
    return openSync(path, access | constants.O_EXCL);
  } catch (error) {
    if (codeOf(error) === 'EBUSY') {
      throw new CliError('CLI_REFUSED', `${printable(path)} is in use by another program or device`);
    }
    if (writable && READ_ONLY.has(codeOf(error))) throw failed(error, `while trying to open ${path} for writing`);
    throw failed(error, `while trying to open ${path}`);
  }
}
