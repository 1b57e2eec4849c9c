import { readSync } from 'node:fs';
import { located, SparseError } from '../base/errors.ts';

/**
 * Fill `into` from byte `offset` of an open file.
 *
 * @throws SparseError SPARSE_SHORT_READ when the file ends first; system errors with the `offset` they happened at
 */
export function readFully(fd: number, into: Uint8Array, offset: number): void {
  for (let done = 0; done < into.length; ) {
    const read = readOnce(fd, into, { done, length: into.length }, offset + done);
    if (read === 0) {
      throw new SparseError('SPARSE_SHORT_READ', `the source ends at byte ${offset + done}`, {
        detail: { offset: offset + done, length: into.length - done },
      });
    }
    done += read;
  }
}

/**
 * One read to `[done, length)` of `into`, from byte `position` of the file.
 *
 * @returns bytes read, 0 at the end
 * @throws system errors with the `offset` they happened at
 */
export function readOnce(
  fd: number,
  into: Uint8Array,
  { done, length }: { readonly done: number; readonly length: number },
  position: number,
): number {
  try {
    return readSync(fd, into, done, length - done, position);
  } catch (error) {
    throw located(error, position);
  }
}
