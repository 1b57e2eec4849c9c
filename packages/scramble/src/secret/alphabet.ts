import { rotl } from './word-mixing.ts';

const PLAIN = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';
/** Case folding does not change these: two different names stay different. */
const FOLDED = 'abcdefghijklmnopqrstuvwxyz0123456789-_';

/** Characters of new names: 64 entries, so that six bits choose one. A smaller alphabet has some characters twice. */
export interface Alphabet {
  readonly characters: Uint8Array;
  /** Number of different characters; they come first. */
  readonly size: number;
}

const alphabet = (letters: string): Alphabet => ({
  characters: Uint8Array.from({ length: 64 }, (_, i) => letters.charCodeAt(i % letters.length)),
  size: letters.length,
});

/** For all other directories, links and attributes. */
export const PLAIN_ALPHABET: Alphabet = alphabet(PLAIN);
/** For case-folded directories. */
export const FOLDED_ALPHABET: Alphabet = alphabet(FOLDED);

/**
 * Every byte that is legal in a name and harmless on a terminal: for names of one and two bytes, when the alphabet is
 * used up. 0x80 to 0x9f are control characters of some terminals.
 */
export const LEGAL_BYTES: Uint8Array = Uint8Array.from(
  Array.from({ length: 256 }, (_, byte) => byte).filter(
    (byte) => byte > 0x20 && byte !== 0x7f && !(byte >= 0x80 && byte < 0xa0) && byte !== 0x2f && byte !== 0x2e,
  ),
);

/** Multiplier of xoroshiro64*. Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators". */
const STAR = 0x9e37_79bb;

/**
 * Fill `into[from, from + length)` with characters that depend on 64 bits, by xoroshiro64*. The bits are a keyed digest:
 * the digest protects the old name, not this generator.
 */
export function spell(
  into: Uint8Array,
  from: number,
  length: number,
  high: number,
  low: number,
  { characters }: Alphabet,
): void {
  let s0 = high;
  // The generator never leaves the state zero.
  let s1 = (low | (high === 0 && low === 0 ? 1 : 0)) ^ 0;
  const end = from + length;
  for (let at = from; at < end; ) {
    let bits = Math.imul(s0, STAR) >>> 2;
    s1 ^= s0;
    s0 = rotl(s0, 26) ^ s1 ^ (s1 << 9);
    s1 = rotl(s1, 13);
    for (let i = 0; i < 5 && at < end; i++, at++) {
      into[at] = characters[bits & 63] as number;
      bits >>>= 6;
    }
  }
}
