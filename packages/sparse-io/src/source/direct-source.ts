import { closeSync, constants, openSync } from 'node:fs';
import type { ByteRange } from '../base/byte-range.ts';
import { shortRead } from '../base/errors.ts';
import { SECTOR } from '../base/sector.ts';
import type { Source } from '../base/source.ts';
import { PAGE, pageMemory } from '../disk/page-memory.ts';
import { readOnce } from './read-fully.ts';

/**
 * Read an open file or device from the medium, around the page cache (O_DIRECT). A block device needs this where one
 * bad sector fails a whole cached folio, and a check of written data needs it to read what the medium really stores.
 *
 * @param fd the descriptor of the same file; the caller keeps it
 * @throws system errors: EINVAL where the file system has no direct reads
 */
export function openDirectSource(fd: number, size: number): Source & Disposable {
  const direct = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECT);
  return {
    ...alignedSource((into, offset) => readOnce(direct, into, offset), size),
    [Symbol.dispose]: () => closeSync(direct),
  };
}

/** One read to aligned memory from an aligned offset. @returns bytes read, 0 at the end */
type AlignedRead = (into: Uint8Array, offset: number) => number;

/** A source that reads any bytes by reads that are aligned in offset, length and memory. Exported for tests. */
export function alignedSource(read: AlignedRead, size: number): Source {
  let buffer = pageMemory(1);
  return {
    size,
    readAt(into, offset) {
      const wide = aligned(offset, into.length, PAGE);
      if (buffer.length < wide.length) buffer = pageMemory(wide.length);
      const { from, end } = readNarrowing(read, buffer, wide, aligned(offset, into.length, SECTOR));
      const available = Math.max(0, Math.min(into.length, end - offset));
      into.set(buffer.subarray(offset - from, offset - from + available));
      if (available < into.length) {
        throw shortRead(offset + available, { offset: offset + available, length: into.length - available });
      }
    },
  };
}

/** Bytes `[offset, offset + length)`, widened to multiples of `unit`. */
function aligned(offset: number, length: number, unit: number): ByteRange {
  const from = offset - (offset % unit);
  return { offset: from, length: Math.ceil((offset + length - from) / unit) * unit };
}

/**
 * Read `wide`, and where that fails `narrow`: the bad sector may be outside the requested bytes, in the same 4 KiB. A
 * disk without smaller sectors refuses the second read; then the first error is thrown.
 *
 * @returns the first byte in the buffer, and the end of the bytes read, both as offsets of the file
 */
function readNarrowing(
  read: AlignedRead,
  buffer: Uint8Array,
  wide: ByteRange,
  narrow: ByteRange,
): { readonly from: number; readonly end: number } {
  try {
    return { from: wide.offset, end: wide.offset + readAligned(read, buffer, wide) };
  } catch (error) {
    if (narrow.length === wide.length) throw error;
    try {
      return { from: narrow.offset, end: narrow.offset + readAligned(read, buffer, narrow) };
    } catch {
      throw error;
    }
  }
}

/** Read whole aligned blocks; the last one may be cut by the end of the file. @returns bytes read */
function readAligned(read: AlignedRead, buffer: Uint8Array, { offset, length }: ByteRange): number {
  for (let done = 0; ; ) {
    const count = read(buffer.subarray(done, length), offset + done);
    done += count;
    // A read that ends inside a sector has met the end of the file; the next one could not be aligned.
    if (count === 0 || done === length || done % SECTOR !== 0) return done;
  }
}
