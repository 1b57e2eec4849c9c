import { type KeyedHash, PURPOSE } from './keyed-hash.ts';
import { mix32 } from './word-mixing.ts';

/**
 * Replace bytes without a known structure by others; the same bytes give the same result. Zero bytes stay, and no other
 * byte becomes zero: bytes that are not an entry, a number or a name do not become one.
 */
export function scrambleBytes(hash: KeyedHash, bytes: Uint8Array, from: number, to: number): void {
  if (isZero(bytes, from, to)) return;
  hash.digest(PURPOSE.bytes, 0, bytes, from, to - from);
  const { high, low } = hash;
  for (let at = from; at < to; at++) {
    if (bytes[at] === 0) continue;
    const random = mix32(high ^ mix32(low + at - from)) >>> 0;
    bytes[at] = 1 + (random % 255);
  }
}

/** Zero `[from, to)`. For the few bytes after a name a loop is faster than `fill`. */
export function clearBytes(bytes: Uint8Array, from: number, to: number): void {
  if (to - from > 16) bytes.fill(0, from, to);
  else for (let at = from; at < to; at++) bytes[at] = 0;
}

/** Whether all bytes of `[from, to)` are zero. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
