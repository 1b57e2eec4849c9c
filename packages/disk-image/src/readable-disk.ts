import { reasonOf } from '@e2image/cli';
import { fullLength, isolateErrors, type Source } from '@e2image/sparse-io';

/** What a disk should have, and what is called for each range that it lacks. */
interface ReadableOptions {
  /** Bytes of a block: the unit that is lost as a whole when it cannot be read. */
  readonly blockSize: number;
  /** Bytes that the disk should have. */
  readonly size: number;
  /** Called for each range `[offset, offset + length)` that reads as zeros because it cannot be read. */
  readonly onUnreadable: (range: { readonly offset: number; readonly length: number; readonly reason: string }) => void;
}

/**
 * A disk that can be read to its last byte: unreadable blocks, and bytes past the end of `source`, are zeros and are
 * reported.
 */
export function readableDisk(source: Source, { blockSize, size, onUnreadable }: ReadableOptions): Source {
  const readable = isolateErrors(source, {
    blockSize,
    onBad: ({ offset, length, error }) => onUnreadable({ offset, length, reason: reasonOf(error) ?? 'unknown error' }),
  });
  // The disk may be shorter than what it contains: the missing blocks must be reported, not silently become zeros.
  return fullLength(readable, {
    size,
    onMissing: (offset, length) => onUnreadable({ offset, length, reason: `the source ends at byte ${source.size}` }),
  });
}
