import { Buffer } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';

/** Characters of a secret: q or Q, z or Z in turn, so that any piece of it can be recognized. */
const PAIRS = ['qz', 'qZ', 'Qz', 'QZ'] as const;

/** Eight bytes of any secret, wherever they begin: in 64 random letters once in 2^40 places. */
const PIECE = /(?:[qQ][zZ]){4}|(?:[zZ][qQ]){4}/g;

/** Secret number `n`, of `length` characters (even, at least 16): different for each number. */
export function secret(n: number, length = 20): string {
  // Odd, so that no two numbers below 2^16 meet; the high bits change first.
  let bits = Math.imul(n + 1, 0x9e37_79b1) >>> 0;
  let text = '';
  for (let i = 0; i < length / 2; i++) {
    text += PAIRS[bits & 3] ?? 'qz';
    bits = (bits >>> 2) | ((bits & 3) << 30);
  }
  return text;
}

/** Pieces of secrets in a file: their number, and where the first one is. */
export interface Leaks {
  readonly count: number;
  readonly first: number | undefined;
}

/** Look for pieces of secrets in all bytes of a file. */
export function findSecrets(path: string): Leaks {
  const chunk = Buffer.alloc(1 << 20);
  const zeros = Buffer.alloc(chunk.length);
  const fd = openSync(path, 'r');
  let count = 0;
  let first: number | undefined;
  // Pieces across two chunks are found by the second, which begins 7 bytes before the end of the first.
  for (let at = 0; ; at += chunk.length - 7) {
    const length = readSync(fd, chunk, 0, chunk.length, at);
    if (length < 8) break;
    const bytes = chunk.subarray(0, length);
    if (bytes.equals(zeros.subarray(0, length))) continue;
    for (const match of bytes.toString('latin1').matchAll(PIECE)) {
      count++;
      first ??= at + match.index;
    }
  }
  closeSync(fd);
  return { count, first };
}
