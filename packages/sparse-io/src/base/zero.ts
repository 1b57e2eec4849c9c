import { Buffer } from 'node:buffer';

/** One constant run of zeros for comparing and for writing; nobody may write into it. */
export const ZEROS: Uint8Array = new Uint8Array(1 << 20);

/**
 * True when every byte is zero.
 *
 * Looks at the first and the last byte before anything else: that settles nearly all blocks that hold something.
 */
export function isZero(bytes: Uint8Array): boolean {
  if (bytes[0] || bytes[bytes.length - 1]) return false;
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = at === 0 && bytes.length <= ZEROS.length ? bytes : bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(piece, piece.length === ZEROS.length ? ZEROS : ZEROS.subarray(0, piece.length)) !== 0)
      return false;
  }
  return true;
}
