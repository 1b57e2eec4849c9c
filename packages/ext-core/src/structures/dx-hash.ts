import { ExtError } from '../bytes/errors.ts';
import { u32 } from '../bytes/field.ts';

/**
 * `hash_version` of a directory's index. From `legacyUnsigned` on characters count as 0 to 255, below as -128 to 127.
 * Source: kernel Documentation/filesystems/ext4/directory.rst, "Hash Tree Directories".
 */
export const DX_HASH = {
  legacy: 0,
  halfMd4: 1,
  tea: 2,
  legacyUnsigned: 3,
  halfMd4Unsigned: 4,
  teaUnsigned: 5,
  /** Only in directories that are encrypted and case-folded; needs the encryption key, and is stored with each name. */
  siphash: 6,
} as const;

/** Added to a version below 3 when the superblock says that characters are unsigned. */
export const DX_UNSIGNED = 3;

/** Hashes names of one directory. */
export interface DxHasher {
  /**
   * Hash of `bytes[from, from + length)`, bit 0 clear: what the index is ordered by. Allocates nothing.
   *
   * The kernel moves 0xfffffffe to 0xfffffffc; this does not.
   */
  hash(bytes: Uint8Array, from: number, length: number): number;
  /** The minor hash of the last name; 0 for the legacy hash. */
  readonly minor: number;
}

/** State of MD4 at its start, used where the file system has no seed. Source: RFC 1320, 3.3. */
const DEFAULT_SEED = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476] as const;

/**
 * A hasher for one version and seed.
 *
 * @param version `DX_HASH`, 0 to 5
 * @param seed 16 bytes, `s_hash_seed`; all zeros stand for the standard start
 * @throws ExtError EXT_CORRUPT for a version that cannot be computed
 */
export function createDxHasher(version: number, seed: Uint8Array): DxHasher {
  const isUnsigned = version >= DX_UNSIGNED;
  switch (version) {
    case DX_HASH.legacy:
    case DX_HASH.legacyUnsigned:
      return new LegacyHasher(isUnsigned);
    case DX_HASH.halfMd4:
    case DX_HASH.halfMd4Unsigned:
      return new HalfMd4Hasher(isUnsigned, seedWords(seed));
    case DX_HASH.tea:
    case DX_HASH.teaUnsigned:
      return new TeaHasher(isUnsigned, seedWords(seed));
    default:
      throw new ExtError('EXT_CORRUPT', `directory index: hash version ${version} is not supported`);
  }
}

function seedWords(seed: Uint8Array): Int32Array {
  const view = new DataView(seed.buffer, seed.byteOffset, 16);
  const words = Int32Array.from([0, 4, 8, 12], (at) => u32(at).get(view, 0));
  return words.some((word) => word !== 0) ? words : Int32Array.from(DEFAULT_SEED);
}

const rotl = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** Sign of a byte: shift up and down again, by this much; nothing for unsigned characters. */
const signShift = (isUnsigned: boolean): number => (isUnsigned ? 0 : 24);

class LegacyHasher implements DxHasher {
  readonly minor = 0;
  readonly #shift: number;

  constructor(isUnsigned: boolean) {
    this.#shift = signShift(isUnsigned);
  }

  hash(bytes: Uint8Array, from: number, length: number): number {
    const shift = this.#shift;
    let h0 = 0x12a3_fe2d;
    let h1 = 0x37ab_e8f9;
    for (let at = from; at < from + length; at++) {
      const char = ((bytes[at] as number) << shift) >> shift;
      let h = (h1 + (h0 ^ Math.imul(char, 7_152_373))) | 0;
      if (h < 0) h = (h - 0x7fff_ffff) | 0;
      h1 = h0;
      h0 = h;
    }
    return (h0 << 1) >>> 0;
  }
}

/**
 * Put up to `words.length * 4` bytes of a name into `words`, as the index hashes them: bytes shifted in from the right,
 * over a padding made of the length.
 *
 * @param left bytes of the name from `from` on
 */
function packName(words: Int32Array, bytes: Uint8Array, from: number, left: number, shift: number): void {
  const pad = left | (left << 8) | (left << 16) | (left << 24) | 0;
  const length = Math.min(left, words.length * 4);
  let word = pad;
  let index = 0;
  for (let i = 0; i < length; i++) {
    word = ((((bytes[from + i] as number) << shift) >> shift) + (word << 8)) | 0;
    if ((i & 3) === 3) {
      words[index++] = word;
      word = pad;
    }
  }
  if (index < words.length) words[index++] = word;
  while (index < words.length) words[index++] = pad;
}

/** Order of the input words in the second and third round. */
const ORDER_2 = Uint8Array.of(1, 3, 5, 7, 0, 2, 4, 6);
const ORDER_3 = Uint8Array.of(3, 7, 2, 6, 1, 5, 0, 4);
const SHIFTS_1 = Uint8Array.of(3, 7, 11, 19);
const SHIFTS_2 = Uint8Array.of(3, 5, 9, 13);
const SHIFTS_3 = Uint8Array.of(3, 9, 11, 15);
/** Square roots of 2 and 3, scaled. Source: RFC 1320, 3.4. */
const K2 = 0x5a82_7999;
const K3 = 0x6ed9_eba1;

class HalfMd4Hasher implements DxHasher {
  readonly #shift: number;
  readonly #seed: Int32Array;
  readonly #state = new Int32Array(4);
  readonly #words = new Int32Array(8);

  constructor(isUnsigned: boolean, seed: Int32Array) {
    this.#shift = signShift(isUnsigned);
    this.#seed = seed;
  }

  get minor(): number {
    return (this.#state[2] as number) >>> 0;
  }

  hash(bytes: Uint8Array, from: number, length: number): number {
    const state = this.#state;
    state.set(this.#seed);
    for (let done = 0; done < length; done += 32) {
      packName(this.#words, bytes, from + done, length - done, this.#shift);
      this.#transform();
    }
    return ((state[1] as number) & ~1) >>> 0;
  }

  /** Three rounds of eight steps. A step replaces `a` and turns the four words by one place. */
  #transform(): void {
    const words = this.#words;
    const state = this.#state;
    let a = state[0] as number;
    let b = state[1] as number;
    let c = state[2] as number;
    let d = state[3] as number;
    let t = 0;
    for (let i = 0; i < 8; i++) {
      t = rotl((a + (d ^ (b & (c ^ d))) + (words[i] as number)) | 0, SHIFTS_1[i & 3] as number);
      a = d;
      d = c;
      c = b;
      b = t;
    }
    for (let i = 0; i < 8; i++) {
      t = (a + ((b & c) + ((b ^ c) & d)) + (words[ORDER_2[i] as number] as number) + K2) | 0;
      t = rotl(t, SHIFTS_2[i & 3] as number);
      a = d;
      d = c;
      c = b;
      b = t;
    }
    for (let i = 0; i < 8; i++) {
      t = (a + (b ^ c ^ d) + (words[ORDER_3[i] as number] as number) + K3) | 0;
      t = rotl(t, SHIFTS_3[i & 3] as number);
      a = d;
      d = c;
      c = b;
      b = t;
    }
    state[0] = (state[0] as number) + a;
    state[1] = (state[1] as number) + b;
    state[2] = (state[2] as number) + c;
    state[3] = (state[3] as number) + d;
  }
}

/** What TEA adds in each round: the golden ratio, scaled. */
const TEA_DELTA = 0x9e37_79b9;

class TeaHasher implements DxHasher {
  readonly #shift: number;
  readonly #seed: Int32Array;
  readonly #words = new Int32Array(4);
  #minor = 0;

  constructor(isUnsigned: boolean, seed: Int32Array) {
    this.#shift = signShift(isUnsigned);
    this.#seed = seed;
  }

  get minor(): number {
    return this.#minor >>> 0;
  }

  hash(bytes: Uint8Array, from: number, length: number): number {
    const words = this.#words;
    let h0 = this.#seed[0] as number;
    let h1 = this.#seed[1] as number;
    for (let done = 0; done < length; done += 16) {
      packName(words, bytes, from + done, length - done, this.#shift);
      let b0 = h0;
      let b1 = h1;
      let sum = 0;
      for (let round = 0; round < 16; round++) {
        sum = (sum + TEA_DELTA) | 0;
        b0 += (((b1 << 4) + (words[0] as number)) ^ (b1 + sum) ^ ((b1 >>> 5) + (words[1] as number))) | 0;
        b0 |= 0;
        b1 += (((b0 << 4) + (words[2] as number)) ^ (b0 + sum) ^ ((b0 >>> 5) + (words[3] as number))) | 0;
        b1 |= 0;
      }
      h0 = (h0 + b0) | 0;
      h1 = (h1 + b1) | 0;
    }
    this.#minor = h1;
    return (h0 & ~1) >>> 0;
  }
}
