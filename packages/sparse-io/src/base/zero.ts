import { Buffer } from 'node:buffer';

/** One MiB of zeros, for comparing and for writing. It is shared: never write into it. */
export const ZEROS: Uint8Array = new Uint8Array(1 << 20);

/**
 * True when every byte is zero.
 *
 * Tests the first and the last byte first: they decide for almost all blocks that contain data.
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
