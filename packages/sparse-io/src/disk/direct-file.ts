import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { codeOf, located } from '../base/errors.ts';
import { SECTOR } from '../base/sector.ts';
import { isAligned, PAGE } from './page-memory.ts';

/**
 * An open file or device, read and written around its page cache (O_DIRECT): the disk moves the bytes from and to the
 * caller's memory, and the processor copies nothing. The kernel keeps the cache coherent: cached writes reach the disk
 * before a direct read, and cached pages are dropped after a direct write.
 */
export interface DirectFile extends Disposable {
  /**
   * Fill `into` from byte `offset`.
   *
   * @returns false where this is not possible: unaligned, the file ends, or the file system has no direct reads. The
   *   contents of `into` are undefined then; read through the cache instead.
   * @throws system errors, with the `offset` at which they happened
   */
  readAt(into: Uint8Array, offset: number): boolean;
  /**
   * Write all of `bytes` at byte `offset`. Like any write it is durable after the next sync.
   *
   * @returns false where this is not possible. Any part may be written then; write all of it through the cache.
   * @throws system errors, with the `offset` at which they happened
   */
  writeAt(bytes: Uint8Array, offset: number): boolean;
}

/** Errors of a file system without direct I/O, or without direct I/O of this alignment. */
const REFUSALS = new Set(['EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS']);

/**
 * Open a file or device a second time, for direct I/O, from and to memory of `pageMemory`.
 *
 * @param fd a descriptor for reading and writing. The caller keeps it; a sync of it also covers the direct writes.
 * @returns undefined where the file cannot be opened so
 */
export function openDirectFile(fd: number): DirectFile | undefined {
  const direct = openOrRefuse(fd);
  if (direct === undefined) return undefined;
  const transfer = alignedTransfers();
  return {
    readAt: (into, offset) =>
      transfer(into, offset, (done) => readSync(direct, into, done, into.length - done, offset + done)),
    writeAt: (bytes, offset) =>
      transfer(bytes, offset, (done) => writeSync(direct, bytes, done, bytes.length - done, offset + done)),
    [Symbol.dispose]: () => closeSync(direct),
  };
}

/** One transfer between memory and a file. @param call moves bytes of `[done, length)`, and returns their number */
type Transfer = (bytes: Uint8Array, offset: number, call: (done: number) => number) => boolean;

/**
 * Transfers that repeat a call until all bytes are moved, and that learn from refusals: after one of a sector only whole
 * pages are tried, after one of whole pages nothing. Exported for tests.
 *
 * @returns a function that returns false where the transfer was refused, unaligned, or met the end of the file
 */
export function alignedTransfers(): Transfer {
  let unit: number | undefined = SECTOR;
  return (bytes, offset, call) => {
    if (unit === undefined || offset % unit !== 0 || !isAligned(bytes, unit)) return false;
    for (let done = 0; done < bytes.length; ) {
      try {
        const moved = call(done);
        if (moved === 0) return false;
        done += moved;
      } catch (error) {
        if (codeOf(error) === 'EINTR') continue;
        if (!REFUSALS.has(codeOf(error) ?? '')) throw located(error, offset + done);
        // After a transfer that ended inside a page every call is refused; that is not a statement about alignment.
        if (done % PAGE === 0) unit = afterRefusal(bytes, offset);
        return false;
      }
    }
    return true;
  };
}

/** The alignment to try after a refusal: whole pages. @returns undefined when whole pages were refused */
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
