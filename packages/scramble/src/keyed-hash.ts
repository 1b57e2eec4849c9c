/** Bytes of a key. */
export const KEY_SIZE = 16;

/** What a digest is for: the same bytes hash differently for each. */
export const PURPOSE = {
  name: 1,
  drawnNames: 2,
  linkTarget: 3,
  attributeName: 4,
  attributeValue: 5,
  attributeInode: 6,
  hashSeed: 7,
  boundaries: 8,
  bytes: 9,
} as const;
/** One of them. */
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

const ROUNDS = 2;
const FINAL_ROUNDS = 4;

const rotl = (high: number, low: number, by: number): number => (high << by) | (low >>> (32 - by));
/** 1 when a sum of two 32-bit halves, `sum`, went over. */
const carry = (sum: number, part: number): number => (sum >>> 0 < part >>> 0 ? 1 : 0);

/**
 * SipHash-2-4 of a purpose, a number and some bytes: without the key nobody can tell which bytes gave a digest, nor test
 * a guess. The digest is left in `high` and `low`, so that a million of them allocate nothing.
 *
 * 64-bit words are pairs of 32-bit halves: bigint would cost ten times as much.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
 */
export class KeyedHash {
  /** Upper 32 bits of the last digest, as a signed number. */
  high = 0;
  /** Lower 32 bits of the last digest. */
  low = 0;
  readonly #start: Int32Array;
  /** The message as little-endian words. */
  #words = new Int32Array(128);

  /** @param key 16 bytes nobody can guess; copied */
  constructor(key: Uint8Array) {
    const k = new DataView(Uint8Array.from(key).buffer);
    const k0 = k.getInt32(0, true);
    const k0h = k.getInt32(4, true);
    const k1 = k.getInt32(8, true);
    const k1h = k.getInt32(12, true);
    // "somepseudorandomlygeneratedbytes", xored with the key: v0 low, v0 high, v1 low ...
    this.#start = Int32Array.of(
      k0 ^ 0x7073_6575,
      k0h ^ 0x736f_6d65,
      k1 ^ 0x6e64_6f6d,
      k1h ^ 0x646f_7261,
      k0 ^ 0x6e65_7261,
      k0h ^ 0x6c79_6765,
      k1 ^ 0x7974_6573,
      k1h ^ 0x7465_6462,
    );
  }

  /** Digest `bytes[from, from + length)` for `purpose` and a number below 2^32: an inode, a length, a counter. */
  digest(purpose: Purpose, number: number, bytes: Uint8Array, from: number, length: number): void {
    this.#rounds(this.#load(purpose, number, bytes, from, length));
  }

  /** Digest two numbers. */
  digestNumbers(purpose: Purpose, number: number, second: number): void {
    const words = this.#words;
    words[0] = purpose;
    words[1] = number;
    words[2] = second;
    words[3] = 12 << 24;
    this.#rounds(4);
  }

  /** @returns words loaded, an even number */
  #load(purpose: number, number: number, bytes: Uint8Array, from: number, length: number): number {
    // Two words of head, the bytes, and up to two words of padding with the length.
    if (this.#words.length < length / 4 + 5) this.#words = new Int32Array(length / 4 + 64);
    const words = this.#words;
    words[0] = purpose;
    words[1] = number;
    let at = from;
    let index = 2;
    for (const end = from + length - 3; at < end; at += 4) {
      words[index++] =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
    }
    let word = 0;
    for (let shift = 0; at < from + length; at++, shift += 8) word |= (bytes[at] as number) << shift;
    // The last byte of the last pair of words is the length.
    if (index % 2 === 0) {
      words[index++] = word;
      word = 0;
    }
    words[index++] = word | ((length + 8) << 24);
    return index;
  }

  /** Two rounds for each pair of words, four at the end. The four words of the state are a, b, c, d in halves. */
  #rounds(count: number): void {
    const words = this.#words;
    const start = this.#start;
    let al = start[0] as number;
    let ah = start[1] as number;
    let bl = start[2] as number;
    let bh = start[3] as number;
    let cl = start[4] as number;
    let ch = start[5] as number;
    let dl = start[6] as number;
    let dh = start[7] as number;
    let t = 0;
    for (let index = 0; index <= count; index += 2) {
      const isLast = index === count;
      const ml = isLast ? 0 : (words[index] as number);
      const mh = isLast ? 0 : (words[index + 1] as number);
      if (isLast) cl ^= 0xff;
      dl ^= ml;
      dh ^= mh;
      for (let round = isLast ? FINAL_ROUNDS : ROUNDS; round > 0; round--) {
        al = (al + bl) | 0;
        ah = (ah + bh + carry(al, bl)) | 0;
        t = rotl(bh, bl, 13) ^ ah;
        bl = rotl(bl, bh, 13) ^ al;
        bh = t;
        t = ah;
        ah = al;
        al = t;
        cl = (cl + dl) | 0;
        ch = (ch + dh + carry(cl, dl)) | 0;
        t = rotl(dh, dl, 16) ^ ch;
        dl = rotl(dl, dh, 16) ^ cl;
        dh = t;
        al = (al + dl) | 0;
        ah = (ah + dh + carry(al, dl)) | 0;
        t = rotl(dh, dl, 21) ^ ah;
        dl = rotl(dl, dh, 21) ^ al;
        dh = t;
        cl = (cl + bl) | 0;
        ch = (ch + bh + carry(cl, bl)) | 0;
        t = rotl(bh, bl, 17) ^ ch;
        bl = rotl(bl, bh, 17) ^ cl;
        bh = t;
        t = ch;
        ch = cl;
        cl = t;
      }
      al ^= ml;
      ah ^= mh;
    }
    this.high = ah ^ bh ^ ch ^ dh;
    this.low = al ^ bl ^ cl ^ dl;
  }
}
