import { type Alphabet, FOLDED_ALPHABET, PLAIN_ALPHABET, spell } from '../secret/alphabet.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import { mix32 } from '../secret/word-mixing.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';

/** New names for old ones up to this length are stored packed, as they may be longer than the old ones. */
export const MAX_SHORT = 3;
/** Length to which a short name may grow: every record has room for that. */
export const GROWN_LENGTH = 4;

/** The alphabet for names of a directory with these `OWNER_FLAG`s. */
export const alphabetOf = (flags: number): Alphabet =>
  (flags & OWNER_FLAG.casefold) !== 0 ? FOLDED_ALPHABET : PLAIN_ALPHABET;

/** Pack a name of up to four bytes into a number. It contains no zero byte, so that the number includes its length. */
export function packName(bytes: Uint8Array, from: number, length: number): number {
  let packed = 0;
  for (let i = 0; i < length; i++) packed |= (bytes[from + i] as number) << (8 * i);
  return packed >>> 0;
}

/** The opposite of `packName`. @returns bytes of the name */
export function unpackName(packed: number, into: Uint8Array, from: number): number {
  let length = 0;
  for (let left = packed; left !== 0; left >>>= 8) into[from + length++] = left & 0xff;
  return length;
}

const GOLDEN = 0x9e37_79b1;

/**
 * The streams of names of one directory, one for each length. A name is computed from its index in the stream, so that
 * four bytes are enough to store which name was chosen.
 */
export class NameStreams {
  readonly #hash: KeyedHash;
  readonly #inode: number;
  readonly #alphabet: Alphabet;
  /** By length; created by the first call: most directories need no stream. */
  #starts: Map<number, StreamStart> | undefined;

  constructor(hash: KeyedHash, inode: number, flags: number) {
    this.#hash = hash;
    this.#inode = inode;
    this.#alphabet = alphabetOf(flags);
  }

  /** Write name `index` of `length` bytes, below 256, at `from`. */
  write(into: Uint8Array, from: number, length: number, index: number): void {
    const start = this.#start(length);
    const high = mix32(start.high ^ Math.imul(index, GOLDEN));
    const low = mix32((start.low + index) | 0);
    spell(into, from, length, high, low, this.#alphabet);
  }

  /** A random number that decides in which order names of a short length are tried. */
  order(length: number): number {
    return this.#start(length).high >>> 0;
  }

  #start(length: number): StreamStart {
    this.#starts ??= new Map();
    const known = this.#starts.get(length);
    if (known) return known;
    this.#hash.digestNumbers(PURPOSE.drawnNames, this.#inode, length);
    const start = { high: this.#hash.high, low: this.#hash.low };
    this.#starts.set(length, start);
    return start;
  }
}

/** The state of the stream of one length before its first name. */
interface StreamStart {
  readonly high: number;
  readonly low: number;
}
