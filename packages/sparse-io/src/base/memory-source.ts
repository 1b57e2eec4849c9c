import { shortRead } from './errors.ts';
import type { Source } from './source.ts';

/** A source over an array that the caller keeps: later changes of the array are visible in reads. */
export function memorySource(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    readAt(into, offset) {
      const available = bytes.subarray(offset, offset + into.length);
      into.set(available);
      if (available.length < into.length) {
        throw shortRead(bytes.length, { offset: offset + available.length, length: into.length - available.length });
      }
    },
  };
}
