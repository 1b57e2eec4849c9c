import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';

/**
 * Two buffers for all reads of whole images: fresh memory for each image costs the tests twenty times as much as the
 * read itself where page faults are expensive, as in a virtual machine.
 */
const BUFFERS = [Buffer.allocUnsafeSlow(1 << 20), Buffer.allocUnsafeSlow(1 << 20)] as const;

/** SHA-256 of a file's bytes, in hexadecimal. */
export function digest(path: string): string {
  const [buffer] = BUFFERS;
  const hash = createHash('sha256');
  const fd = openSync(path, 'r');
  try {
    for (;;) {
      const count = readSync(fd, buffer, 0, buffer.length, null);
      if (count === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}

/** Whether two files have the same length and the same bytes. For files with large holes: `firstDifference`. */
export function haveSameBytes(left: string, right: string): boolean {
  if (statSync(left).size !== statSync(right).size) return false;
  const fds = [openSync(left, 'r'), openSync(right, 'r')];
  try {
    for (;;) {
      const [mine, theirs] = BUFFERS.map((buffer, side) => buffer.subarray(0, readFully(fds[side] ?? -1, buffer)));
      if (mine === undefined || theirs === undefined || !mine.equals(theirs)) return false;
      if (mine.length === 0) return true;
    }
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

/** Read from a file's position until the buffer is full or the file ends. @returns bytes read */
function readFully(fd: number, buffer: Uint8Array): number {
  let done = 0;
  for (;;) {
    const count = readSync(fd, buffer, done, buffer.length - done, null);
    done += count;
    if (count === 0 || done === buffer.length) return done;
  }
}
