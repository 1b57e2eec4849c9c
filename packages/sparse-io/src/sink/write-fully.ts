import { writeSync } from 'node:fs';
import { codeOf, located } from '../base/errors.ts';
import { ZEROS } from '../base/zero.ts';

/** Longest pause between two writes to a full non-blocking pipe, in milliseconds. */
const LONGEST_PAUSE = 20;

/**
 * Bytes of zeros in one write to a file. For writes of half a MiB and more the kernel searches for large folios, which
 * costs two to four times as much (2 GiB: 0.4 s by 256 KiB, 0.75 to 1.75 s by 1 MiB).
 */
export const ZERO_UNIT = 1 << 18;
const UNIT_OF_ZEROS = ZEROS.subarray(0, ZERO_UNIT);

/** Sleep synchronously, without using the processor. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Repeat a call until it does not fail with EAGAIN (a full non-blocking pipe) or EINTR, with a pause before each repeat.
 *
 * @returns what the call returns
 */
export function untilReady(call: () => number): number {
  for (let wait = 1; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
    try {
      return call();
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error;
      pause(wait);
    }
  }
}

/**
 * Write all of `bytes` to an open file: the one loop over partial writes.
 *
 * @param position byte of the file; null for the current position of the descriptor, as pipes need it
 * @param offset the byte of the output that is reported with an error. Default: `position`
 * @throws system errors, with `offset` the first byte of the output that was not written
 */
export function writeFully(fd: number, bytes: Uint8Array, position: number | null, offset = position ?? 0): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      const at = position === null ? null : position + done;
      done += untilReady(() => writeSync(fd, bytes, done, bytes.length - done, at));
    } catch (error) {
      throw located(error, offset + done);
    }
  }
}

/** Write `length` zeros at byte `position` of an open file. @throws as writeFully */
export function writeZeros(fd: number, position: number, length: number): void {
  for (let done = 0; done < length; done += ZERO_UNIT) {
    const left = length - done;
    writeFully(fd, left < ZERO_UNIT ? UNIT_OF_ZEROS.subarray(0, left) : UNIT_OF_ZEROS, position + done);
  }
}
