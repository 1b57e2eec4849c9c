import { closeSync, constants, openSync, statSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';

/**
 * True when somebody holds a block device: a mount, swap, RAID, device mapper or a program that opened it with O_EXCL.
 * False for anything that is no block device, and where the question cannot be asked (`EACCES` ...).
 */
export function isHeld(path: string): boolean {
  try {
    if (!statSync(path).isBlockDevice()) return false;
    closeSync(openSync(path, constants.O_RDONLY | constants.O_EXCL));
    return false;
  } catch (error) {
    return codeOf(error) === 'EBUSY';
  }
}

/**
 * Hold a block device against mounts and other careful programs until disposed.
 *
 * @throws system errors, `EBUSY` when somebody else holds it
 */
export function holdDevice(path: string): Disposable {
  const fd = openSync(path, constants.O_RDONLY | constants.O_EXCL);
  return { [Symbol.dispose]: () => closeSync(fd) };
}
