import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { CliError, codeOf, failed, printable, realMounts, refuseInUse, type World } from '@e2image/cli';
import { aroundCache, FileSource, flushView, loadKernelCalls, type Source } from '@e2image/sparse-io';

/** Where a restore goes. */
export interface RestoreTarget {
  /** Open for reading and writing; the caller closes it. */
  readonly fd: number;
  readonly source: Source;
}

/** The device or file that is restored, held against everybody else until disposed. */
export interface OpenTarget extends RestoreTarget, Disposable {
  readonly isBlockDevice: boolean;
}

/**
 * Open the device that a restore goes to.
 *
 * A mounted device, swap, and a device that another program holds are refused; no option helps against that. A device's
 * cache is dropped first: another view of the disk (the file behind a loop device) may have been written meanwhile.
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
    // Good blocks beside a bad one must not count as unreadable: their old content would be missing in the undo file.
    const careful = aroundCache(file);
    const close = (): void => {
      careful?.[Symbol.dispose]();
      closeSync(fd);
    };
    return { fd, source: careful ?? file, isBlockDevice: file.isBlockDevice, [Symbol.dispose]: close };
  } catch (error) {
    closeSync(fd);
    throw failed(error, `while trying to open ${path}`);
  }
}

const READ_ONLY: ReadonlySet<string | undefined> = new Set(['EROFS', 'EACCES', 'EPERM']);

function openDevice(path: string, writable: boolean): number {
  const access = writable ? constants.O_RDWR : constants.O_RDONLY;
  try {
    const fd = openSync(path, access | constants.O_NONBLOCK);
    if (!fstatSync(fd).isBlockDevice() || !writable) return fd;
    closeSync(fd);
    // Without O_CREAT the flag means on a block device: nobody else may hold it, and nobody may mount it from now on.
    return openSync(path, access | constants.O_EXCL);
  } catch (error) {
    if (codeOf(error) === 'EBUSY') {
      throw new CliError('CLI_REFUSED', `${printable(path)} is in use by another program or device`);
    }
    if (writable && READ_ONLY.has(codeOf(error))) throw failed(error, `while trying to open ${path} for writing`);
    throw failed(error, `while trying to open ${path}`);
  }
}
