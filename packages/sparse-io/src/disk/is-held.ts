import { closeSync, constants, openSync, statSync } from 'node:fs';
import { codeOf } from '../base/errors.ts';

/**
 * True when a block device is in exclusive use: by a mount, swap, RAID, device mapper or a program that opened it with
 * O_EXCL. False for anything that is not a block device, and where the system does not answer (`EACCES` ...).
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
