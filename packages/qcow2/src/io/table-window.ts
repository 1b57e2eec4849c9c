import type { Steps } from '../base/steps.ts';
import { checkEnd, type HostFile, readHost } from './host-file.ts';

/** Bytes read at once while a table is walked whose length is known only at its end. */
const WINDOW = 128 * 1024;

/**
 * Read parts of a table through a window that moves forward over the file. No later read overwrites the returned bytes.
 *
 * @param base host byte of the table
 * @throws Qcow2Error QCOW2_TRUNCATED when a read reaches beyond the file
 */
export function tableWindow(
  file: HostFile,
  base: number,
  what: string,
): (at: number, length: number) => Steps<Uint8Array> {
  let bytes = new Uint8Array(0);
  let start = 0;
  return function* (at, length) {
    if (at < start || at + length > start + bytes.length) {
      checkEnd(file, base + at, length, { what });
      const available = Math.max(length, Math.min(WINDOW, file.source.size - base - at));
      bytes = new Uint8Array(available);
      start = at;
      yield* readHost(file, bytes, base + at, { what });
    }
    return bytes.subarray(at - start, at - start + length);
  };
}
