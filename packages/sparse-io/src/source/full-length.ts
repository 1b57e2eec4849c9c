import type { Source } from '../base/source.ts';
import { windowOf } from './window.ts';

/** How long a source should be. */
export interface FullLengthOptions {
  /** Bytes. */
  readonly size: number;
  /** Called for requested bytes that the source does not have; they read as zeros. */
  readonly onMissing: (offset: number, length: number) => void;
}

/**
 * A source of `size` bytes over one that may end earlier. A missing range is reported once per read, and costs no
 * failed read per block: half of a large disk may be missing.
 */
export function fullLength(source: Source, { size, onMissing }: FullLengthOptions): Source {
  if (source.size >= size) return windowOf(source, 0, size);
  return {
    size,
    ...(source.file && { file: source.file }),
    // Missing bytes are data, not a hole: only what is read is reported.
    extentAt: (offset) =>
      offset < source.size && source.extentAt
        ? source.extentAt(offset)
        : { kind: 'data', offset, length: (offset < source.size ? source.size : size) - offset },
    readAt(into, offset) {
      const available = Math.max(0, Math.min(into.length, source.size - offset));
      if (available > 0) source.readAt(into.subarray(0, available), offset);
      if (available === into.length) return;
      into.fill(0, available);
      onMissing(offset + available, into.length - available);
    },
  };
}
