/** Bytes of a key. */
export const KEY_SIZE = 16;

/** What a digest is for: the same bytes have another digest for each purpose. */
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
/** Bytes of the message before the given ones: purpose and number. */
const HEAD = 8;

/** Upper half of 64 bits, rotated to the left by 1 to 31 positions; with the halves exchanged, the lower one. */
const rotl64 = (high: number, low: number, by: number): number => (high << by) | (low >>> (32 - by));
/** 1 when the sum of two 32-bit halves has 33 bits. Without a comparison, which would take as long as a round. */
const carry = (sum: number, a: number, b: number): number => ((a & b) | ((a | b) & ~sum)) >>> 31;

/**
 * SipHash-2-4 of a purpose, a number and some bytes. Without the key nobody can find the bytes of a digest, nor test a
 * guess. The digest is stored in `high` and `low`, so that a million digests allocate nothing.
 *
 * 64-bit words are pairs of 32-bit halves: bigint would take ten times as long.
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
 */
export class KeyedHash {
  /** Upper 32 bits of the last digest, as a signed number. */
  high = 0;
  /** Lower 32 bits of the last digest. */
  low = 0;
  readonly #start: Int32Array;
  /** The state after the head of the last message: all names of one directory have the same head. */
  readonly #afterHead = new Int32Array(8);
  #purpose = 0;
  #number = 0;
  readonly #second = new Uint8Array(4);

  /** @param key 16 bytes that nobody can guess; copied */
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

  /** Digest two numbers. */
  digestNumbers(purpose: Purpose, number: number, second: number): void {
    for (let at = 0; at < 4; at++) this.#second[at] = second >>> (8 * at);
    this.digest(purpose, number, this.#second, 0, 4);
  }

  /**
   * Digest `bytes[from, from + length)` for `purpose` and a number below 2^32: an inode, a length, a counter.
   *
   * Two rounds for each word of the message, four at the end. a, b, c, d are the four words of the state, in halves. One
   * long function: calls in the middle of it would take as long as the rounds.
   */
  digest(purpose: Purpose, number: number, bytes: Uint8Array, from: number, length: number): void {
    const isSameHead = purpose === this.#purpose && number === this.#number;
    const state = isSameHead ? this.#afterHead : this.#start;
    let al = state[0] as number;
    let ah = state[1] as number;
    let bl = state[2] as number;
    let bh = state[3] as number;
    let cl = state[4] as number;
    let ch = state[5] as number;
    let dl = state[6] as number;
    let dh = state[7] as number;
    const end = from + length;
    let at = from;
    let ml = 0;
    let mh = 0;
    let t = 0;
    // Bytes of the message from this word on; negative after its last word.
    for (let left = isSameHead ? length : length + HEAD; ; left -= 8) {
      if (left > length) {
        ml = purpose;
        mh = number | 0;
      } else if (left >= 8) {
        ml =
          (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24);
        mh =
          (bytes[at + 4] as number) |
          ((bytes[at + 5] as number) << 8) |
          ((bytes[at + 6] as number) << 16) |
          ((bytes[at + 7] as number) << 24);
        at += 8;
      } else if (left >= 0) {
        // The last byte of the last word is the length.
        ml = 0;
        mh = (length + HEAD) << 24;
        for (let bits = 0; at < end; at++, bits += 8) {
          if (bits < 32) ml |= (bytes[at] as number) << bits;
          else mh |= (bytes[at] as number) << bits;
        }
      } else {
        ml = 0;
        mh = 0;
        cl ^= 0xff;
      }
      dl ^= ml;
      dh ^= mh;
      for (let round = left < 0 ? FINAL_ROUNDS : ROUNDS; round > 0; round--) {
        t = (al + bl) | 0;
        ah = (ah + bh + carry(t, al, bl)) | 0;
        al = t;
        t = rotl64(bh, bl, 13) ^ ah;
        bl = rotl64(bl, bh, 13) ^ al;
        bh = t;
        t = ah;
        ah = al;
        al = t;
        t = (cl + dl) | 0;
        ch = (ch + dh + carry(t, cl, dl)) | 0;
        cl = t;
        t = rotl64(dh, dl, 16) ^ ch;
        dl = rotl64(dl, dh, 16) ^ cl;
        dh = t;
        t = (al + dl) | 0;
        ah = (ah + dh + carry(t, al, dl)) | 0;
        al = t;
        t = rotl64(dh, dl, 21) ^ ah;
        dl = rotl64(dl, dh, 21) ^ al;
        dh = t;
        t = (cl + bl) | 0;
        ch = (ch + bh + carry(t, cl, bl)) | 0;
        cl = t;
        t = rotl64(bh, bl, 17) ^ ch;
        bl = rotl64(bl, bh, 17) ^ cl;
        bh = t;
        t = ch;
        ch = cl;
        cl = t;
      }
      al ^= ml;
      ah ^= mh;
      if (left < 0) break;
      if (left > length) {
        this.#purpose = purpose;
        this.#number = number;
        this.#afterHead.set([al, ah, bl, bh, cl, ch, dl, dh]);
      }
    }
    this.high = ah ^ bh ^ ch ^ dh;
    this.low = al ^ bl ^ cl ^ dl;
  }
}
