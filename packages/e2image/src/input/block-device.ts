import { statSync } from 'node:fs';

/** Whether a path leads to a block device. What cannot be looked at is none: opening it tells what is wrong. */
export function isBlockDevice(path: string): boolean {
  try {
    return statSync(path).isBlockDevice();
  } catch {
    return false;
  }
}
