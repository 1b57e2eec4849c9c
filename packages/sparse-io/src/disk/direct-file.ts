import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { codeOf, located } from '../base/errors.ts';
import { isAligned, PAGE } from './page-memory.ts';

/** What most disks have, or pretend to have, and are content with for O_DIRECT. */
const SECTOR = 512;

/**
 * An open file or device, read and written around its page cache (O_DIRECT): the disk moves the bytes from and to the
 * caller's memory, and the processor copies none. The kernel keeps the cache coherent: what was written through it
 * is brought out before a direct read, and forgotten after a direct write.
 */
export interface DirectFile extends Disposable {
  /**
   * Fill `into` from byte `offset`.
   *
   * @returns false where this cannot be done, and anything may be in `into`: unaligned, the file ends, or the file
   *   system knows no such reads. Read through the cache then.
   * @throws system errors, with the `offset` they happened at
   */
  readAt(into: Uint8Array, offset: number): boolean;
  /**
   * Write all of `bytes` at byte `offset`. As any write it is durable after the next sync.
   *
   * @returns false where this cannot be done, and any part of it may be written. Write it through the cache then.
   * @throws system errors, with the `offset` they happened at
   */
  writeAt(bytes: Uint8Array, offset: number): boolean;
}

/** What a file system says that has no direct I/O, or none of this alignment. */
const REFUSALS = new Set(['EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS']);

/**
 * Open once more what is open for reading and writing, for direct I/O. Its memory must be of `pageMemory`.
 *
 * @param fd the descriptor of the same file, which stays the caller's and which a sync of all writes may go through
 * @returns undefined where the file cannot be opened so
 */
export function openDirectFile(fd: number): DirectFile | undefined {
  const direct = openOrRefuse(fd);
  if (direct === undefined) return undefined;
  let unit: number | undefined = SECTOR;
  /** @param call moves bytes from and to `[done, length)` of the memory and says how many */
  const transfer = (bytes: Uint8Array, offset: number, call: (done: number) => number): boolean => {
    if (unit === undefined || offset % unit !== 0 || !isAligned(bytes, unit)) return false;
    for (let done = 0; done < bytes.length; ) {
      try {
        const moved = call(done);
        if (moved === 0) return false;
        done += moved;
      } catch (error) {
        if (codeOf(error) === 'EINTR') continue;
        if (!REFUSALS.has(codeOf(error) ?? '')) throw located(error, offset + done);
        // Behind a transfer that was cut short inside a sector anything is refused, which says nothing of the others.
        if (done % PAGE === 0) unit = afterRefusal(bytes, offset);
        return false;
      }
    }
    return true;
  };
  return {
    readAt: (into, offset) =>
      transfer(into, offset, (done) => readSync(direct, into, done, into.length - done, offset + done)),
    writeAt: (bytes, offset) =>
      transfer(bytes, offset, (done) => writeSync(direct, bytes, done, bytes.length - done, offset + done)),
    [Symbol.dispose]: () => closeSync(direct),
  };
}

/** What a refusal teaches: a disk of larger sectors takes no small ones, and one that refuses pages takes nothing. */
const afterRefusal = (bytes: Uint8Array, offset: number): number | undefined =>
  offset % PAGE !== 0 || !isAligned(bytes, PAGE) ? PAGE : undefined;

function openOrRefuse(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_RDWR | constants.O_DIRECT);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}
