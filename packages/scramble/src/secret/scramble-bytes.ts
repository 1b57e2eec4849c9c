import { type KeyedHash, PURPOSE } from './keyed-hash.ts';
import { mix32 } from './word-mixing.ts';

/**
 * Replace bytes that have no structure by others, the same for the same bytes. Zero bytes stay, and no other becomes
 * zero: what was no entry, number or name before is none afterwards.
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

/** Zero `[from, to)`: for the few bytes behind a name the call of `fill` would cost more than they do. */
export function clearBytes(bytes: Uint8Array, from: number, to: number): void {
  if (to - from > 16) bytes.fill(0, from, to);
  else for (let at = from; at < to; at++) bytes[at] = 0;
}

/** Whether all bytes of `[from, to)` are zero. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
