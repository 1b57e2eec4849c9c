import { Buffer } from 'node:buffer';
import { openFileSource } from '@e2image/sparse-io';

const UNIT = 1 << 20;

/**
 * Compare two files where either has data; between, both are holes and equal. `cmp` reads the holes, too: an hour for
 * a file system of 14 TiB.
 *
 * @returns the first byte that differs; undefined for equal files
 */
export async function firstDifference(left: string, right: string): Promise<number | undefined> {
  using a = await openFileSource(left);
  using b = await openFileSource(right);
  if (a.size !== b.size) return Math.min(a.size, b.size);
  const mine = new Uint8Array(UNIT);
  const theirs = new Uint8Array(UNIT);
  for (let at = 0; at < a.size; ) {
    const runs = [a.extentAt(at), b.extentAt(at)];
    const end = Math.min(...runs.map((run) => run.offset + run.length));
    if (runs.every((run) => run.kind === 'hole')) {
      at = end;
      continue;
    }
    const length = Math.min(UNIT, end - at);
    a.readAt(mine.subarray(0, length), at);
    b.readAt(theirs.subarray(0, length), at);
    if (Buffer.compare(mine.subarray(0, length), theirs.subarray(0, length)) !== 0) {
      return at + mine.findIndex((byte, index) => byte !== theirs[index]);
    }
    at += length;
  }
  return undefined;
}
