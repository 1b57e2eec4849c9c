import { writeSync } from 'node:fs';
import { codeOf, located } from '../base/errors.ts';
import { ZEROS } from '../base/zero.ts';

/** Longest pause between two tries at a full non-blocking pipe, in milliseconds. */
const LONGEST_PAUSE = 20;

/**
 * Bytes of zeros in one write to a file: calls of half a MiB and more make the kernel look for large folios, and cost
 * two to four times as much (2 GiB: 0.4 s by 256 KiB, 0.75 to 1.75 s by 1 MiB).
 */
export const ZERO_UNIT = 1 << 18;
const UNIT_OF_ZEROS = ZEROS.subarray(0, ZERO_UNIT);

/** Sleep without spinning; synchronous, as everything inside a batch. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Run one call that moves bytes until it moves some: a full non-blocking pipe (EAGAIN) is asked again after a pause.
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
 * Write all of `bytes`: at byte `position`, or where the descriptor stands (null, for pipes).
 *
 * @throws system errors, with `offset` the byte of the output that was not written
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

/** Write `length` zeros at byte `position`. */
export function writeZeros(fd: number, position: number, length: number): void {
  for (let done = 0; done < length; done += ZERO_UNIT) {
    const left = length - done;
    writeFully(fd, left < ZERO_UNIT ? UNIT_OF_ZEROS.subarray(0, left) : UNIT_OF_ZEROS, position + done);
  }
}
