import { reasonOf } from '@e2image/cli';
import type { Source } from '@e2image/sparse-io';

/**
 * Bytes that say what a source is: at most `length` of them from `offset` on, fewer where the source ends.
 *
 * For an unreadable range no bytes are returned. The read error is reported where these bytes are needed.
 *
 * @throws errors without a code, which are bugs
 */
export function readableBytes(source: Source, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, source.size - offset)));
  if (bytes.length === 0) return bytes;
  try {
    source.readAt(bytes, offset);
    return bytes;
  } catch (error) {
    if (reasonOf(error) === undefined) throw error;
    return new Uint8Array(0);
  }
}
