import { closeSync, constants, openSync } from 'node:fs';
import { SparseError } from '../base/errors.ts';
import type { Source } from '../base/types.ts';
import { PAGE, pageMemory } from '../disk/page-memory.ts';
import { readOnce } from './read-fully.ts';

const SECTOR = 512;

/**
 * Read an open file or device from the medium, around the page cache (O_DIRECT), which a block device needs where one
 * bad sector fails a whole cached folio, and which verifying needs to see what was really written.
 *
 * @param fd the descriptor of the same file, which stays the caller's
 * @throws system errors: EINVAL where the file system knows no direct reads
 */
export function openDirectSource(fd: number, size: number): Source & Disposable {
  const direct = openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECT);
  let buffer = pageMemory(1);
  return {
    size,
    readAt(into, offset) {
      const wide = aligned(offset, into.length, PAGE);
      if (buffer.length < wide.length) buffer = pageMemory(wide.length);
      const { from, end } = readNarrowing(direct, buffer, wide, aligned(offset, into.length, SECTOR));
      const there = Math.max(0, Math.min(into.length, end - offset));
      into.set(buffer.subarray(offset - from, offset - from + there));
      if (there < into.length) {
        throw new SparseError('SPARSE_SHORT_READ', `the source ends at byte ${offset + there}`, {
          detail: { offset: offset + there, length: into.length - there },
        });
      }
    },
    [Symbol.dispose]: () => closeSync(direct),
  };
}

interface Span {
  readonly from: number;
  readonly length: number;
}

/** Bytes `[offset, offset + length)`, widened to multiples of `unit`. */
function aligned(offset: number, length: number, unit: number): Span {
  const from = offset - (offset % unit);
  return { from, length: Math.ceil((offset + length - from) / unit) * unit };
}

/**
 * Read `wide`, and where that fails `narrow`: the bad sector may lie beside what was asked for, in the same 4 KiB. A
 * disk that has no smaller sectors refuses that, and the first error is the one to tell.
 *
 * @returns the byte that the buffer begins with, and the end of what was read
 */
function readNarrowing(fd: number, buffer: Uint8Array, wide: Span, narrow: Span): { from: number; end: number } {
  try {
    return { from: wide.from, end: wide.from + readAligned(fd, buffer, wide.from, wide.length) };
  } catch (error) {
    if (narrow.length === wide.length) throw error;
    try {
      return { from: narrow.from, end: narrow.from + readAligned(fd, buffer, narrow.from, narrow.length) };
    } catch {
      throw error;
    }
  }
}

/** Read whole aligned blocks; the last one may be cut by the end of the file. @returns bytes read */
function readAligned(fd: number, buffer: Uint8Array, from: number, length: number): number {
  for (let done = 0; ; ) {
    const read = readOnce(fd, buffer, { done, length }, from + done);
    done += read;
    // After a read that ends inside a block the next one could not be aligned: there is nothing behind it anyway.
    if (read === 0 || done === length || done % SECTOR !== 0) return done;
  }
}
