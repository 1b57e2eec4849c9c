import { statSync } from 'node:fs';

/** Whether a path leads to a block device. False if that is unknown: opening it will report the error. */
export function isBlockDevice(path: string): boolean {
  try {
    return statSync(path).isBlockDevice();
  } catch {
    return false;
  }
}
