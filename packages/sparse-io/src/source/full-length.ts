import type { Source } from '../base/types.ts';
import { windowOf } from './window.ts';

/** How long a source should be. */
export interface FullLengthOptions {
  /** Bytes. */
  readonly size: number;
  /** Told of bytes that were asked for and are not there; they read as zeros. */
  readonly onMissing: (offset: number, length: number) => void;
}

/**
 * A source of `size` bytes over one that may end earlier. What is missing costs one word for each read, not one failed
 * read for each block: half of a large disk may be missing.
 */
export function fullLength(source: Source, { size, onMissing }: FullLengthOptions): Source {
  if (source.size >= size) return windowOf(source, 0, size);
  return {
    size,
    ...(source.file && { file: source.file }),
    // What is not there is no hole: it must be read to be told.
    extentAt: (offset) =>
      offset < source.size && source.extentAt
        ? source.extentAt(offset)
        : { kind: 'data', offset, length: (offset < source.size ? source.size : size) - offset },
    readAt(into, offset) {
      const there = Math.max(0, Math.min(into.length, source.size - offset));
      if (there > 0) source.readAt(into.subarray(0, there), offset);
      if (there === into.length) return;
      into.fill(0, there);
      onMissing(offset + there, into.length - there);
    },
  };
}
