import { reasonOf } from '@e2image/cli';
import type { Source } from '@e2image/sparse-io';

/**
 * Bytes that say what a source is: at most `length` of them from `offset` on, fewer where the source ends.
 *
 * A read that fails is tried a second time. For a range that stays unreadable no bytes are returned.
 *
 * @param onUnreadable gets the error then: a caller that recognises nothing must report it
 * @throws errors without a code, which are bugs
 */
export function readableBytes(
  source: Source,
  offset: number,
  length: number,
  onUnreadable?: (error: unknown) => void,
): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, source.size - offset)));
  if (bytes.length === 0) return bytes;
  for (const isLast of [false, true]) {
    try {
      source.readAt(bytes, offset);
      return bytes;
    } catch (error) {
      if (reasonOf(error) === undefined) throw error;
      if (isLast) onUnreadable?.(error);
    }
  }
  return new Uint8Array(0);
}
