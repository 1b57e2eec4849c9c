/** Bytes that new names of three and more characters are not made of. */
const SECRET_BYTES = [0xa3, 0xe9, 0x25, 0xf7] as const;

/** `length` bytes of a secret. */
export const secretBytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => SECRET_BYTES[(at + (at >>> 2)) % SECRET_BYTES.length] ?? 0);

/** The same as text, one character for each byte. */
export const secretText = (length: number): string => String.fromCharCode(...secretBytes(length));

/** Fill `[from, to)` with a secret. */
export function plantSecret(bytes: Uint8Array, from: number, to: number): void {
  bytes.set(secretBytes(to - from), from);
}

/**
 * The first position where `length` bytes of a secret are next to each other; -1 when none are left. By chance 8 such
 * bytes follow each other once in 10^14 positions, 4 once in 10^7.
 */
export function findSecret(bytes: Uint8Array, length = 8): number {
  let run = 0;
  for (const [at, byte] of bytes.entries()) {
    run = SECRET_BYTES.some((one) => one === byte) ? run + 1 : 0;
    if (run === length) return at + 1 - length;
  }
  return -1;
}
