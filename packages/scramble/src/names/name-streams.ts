import { type Alphabet, FOLDED_ALPHABET, PLAIN_ALPHABET, spell } from '../secret/alphabet.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import { mix32 } from '../secret/word-mixing.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';

/** Names up to this length are stored as they are: they may have become longer. */
export const MAX_SHORT = 3;
/** What a short name may grow to: its record has room for four. */
export const GROWN_LENGTH = 4;

/** The alphabet for names of a directory with these `OWNER_FLAG`s. */
export const alphabetOf = (flags: number): Alphabet =>
  (flags & OWNER_FLAG.casefold) !== 0 ? FOLDED_ALPHABET : PLAIN_ALPHABET;

/** Up to four bytes of a name as one number; a name holds no zero byte, so the length is in it. */
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
 * The streams of names of one directory, one for each length: name `index` can be had at any time from its number
 * alone, so that a name chosen for an entry costs four bytes to remember.
 */
export class NameStreams {
  readonly #hash: KeyedHash;
  readonly #inode: number;
  readonly #alphabet: Alphabet;
  /** By length; made when a name is asked for: most directories never do. */
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

  /** A number for the order in which the names of a short length are tried. */
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

/** Where the stream of one length begins. */
interface StreamStart {
  readonly high: number;
  readonly low: number;
}
