import { readSync } from 'node:fs';
import { located, shortRead } from '../base/errors.ts';

/**
 * Fill `into` from byte `offset` of an open file.
 *
 * @throws SparseError SPARSE_SHORT_READ when the file ends first; system errors with the `offset` at which they happened
 */
export function readFully(fd: number, into: Uint8Array, offset: number): void {
  for (let done = 0; done < into.length; ) {
    const read = readOnce(fd, done === 0 ? into : into.subarray(done), offset + done);
    if (read === 0) throw shortRead(offset + done, { offset: offset + done, length: into.length - done });
    done += read;
  }
}

/**
 * One read into `into` from byte `offset` of an open file.
 *
 * @returns bytes read, 0 at the end
 * @throws system errors with the `offset`
 */
export function readOnce(fd: number, into: Uint8Array, offset: number): number {
  try {
    return readSync(fd, into, 0, into.length, offset);
  } catch (error) {
    throw located(error, offset);
  }
}
