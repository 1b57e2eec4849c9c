import { PLAIN_ALPHABET, spell } from '../secret/alphabet.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
/** Bytes before an encrypted target: its length. */
const ENCRYPTED_HEADER = 2;

/**
 * Scramble a link target of `length` bytes at the start of `bytes`, and zero the bytes after it. Each component is
 * replaced by a keyed function of itself: lengths, depth, `.` and `..` stay.
 */
export function scrambleTarget(hash: KeyedHash, bytes: Uint8Array, length: number): void {
  for (let from = 0; from < length; ) {
    let to = from;
    while (to < length && bytes[to] !== SLASH) to++;
    const size = to - from;
    const isDots = bytes[from] === DOT && (size === 1 || (size === 2 && bytes[from + 1] === DOT));
    if (size > 0 && !isDots) {
      hash.digest(PURPOSE.linkTarget, 0, bytes, from, size);
      spell(bytes, from, size, hash.high, hash.low, PLAIN_ALPHABET);
    }
    from = to + 1;
  }
  bytes.fill(0, length);
}

/** Length of a target that ends at the first zero byte or at the end of `bytes`. */
export function targetLength(bytes: Uint8Array): number {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes.length : end;
}

/** Scramble the target of an encrypted link, which is stored after its length, and zero the bytes after it. The length stays. */
export function scrambleEncryptedTarget(hash: KeyedHash, bytes: Uint8Array): void {
  const length = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  const size = Math.min(length, bytes.length - ENCRYPTED_HEADER);
  hash.digest(PURPOSE.linkTarget, 1, bytes, ENCRYPTED_HEADER, size);
  spell(bytes, ENCRYPTED_HEADER, size, hash.high, hash.low, PLAIN_ALPHABET);
  bytes.fill(0, ENCRYPTED_HEADER + size);
}
