import { nextBit, setBits } from '../bytes/bits.ts';
import { firstAbove } from '../bytes/lower-bound.ts';

/** 32-bit words of a leaf: room for `MAX_RUNS` runs or for one bit for each of `LEAF_BITS` blocks. */
const LEAF_WORDS = 512;
const MAX_RUNS = LEAF_WORDS / 2;
export const LEAF_BITS = LEAF_WORDS * 32;
/** Bytes of a leaf, with what a runtime adds to an array. */
export const LEAF_BYTES = LEAF_WORDS * 4 + 192;
/** Blocks of a region. A leaf is within one region, so that every position in it is a small integer. */
export const REGION = 2 ** 30;

/**
 * A stretch of a set of blocks, all of one size in memory: up to 256 runs or, where they are so dense that this takes
 * less, a bitmap of 16,384 blocks. Positions are counted from the start of the region.
 */
export class BlockLeaf {
  /** First block of the region. */
  readonly origin: number;
  /** First position that the leaf is responsible for. */
  #from: number;
  /** Pairs `start, end`, ascending, disjoint, not touching; or, in a bitmap, the bits from `#from` on. */
  readonly #words: Int32Array;
  /** Number of runs; -1 while the leaf is a bitmap. */
  #count = 0;

  /** @param words zeroed memory of a released leaf, to be used again; default: allocate */
  constructor(origin: number, from: number, words: Int32Array = new Int32Array(LEAF_WORDS)) {
    this.origin = origin;
    this.#from = from;
    this.#words = words;
  }

  /** The first block it can hold. */
  get base(): number {
    return this.origin + this.#from;
  }

  /** Just past the last block it can hold: the end of the region, or of the bitmap. */
  get limit(): number {
    return this.origin + (this.#count < 0 ? Math.min(REGION, this.#from + LEAF_BITS) : REGION);
  }

  /** Add the positions `[from, to)`, for which the leaf is responsible. @returns false if it is full: then `divide` */
  add(from: number, to: number): boolean {
    if (this.#count < 0) {
      setBits(this.#words, from - this.#from, to - this.#from);
      return true;
    }
    const words = this.#words;
    const last = 2 * this.#count - 2;
    // Blocks nearly always arrive in ascending order: the cheap cases first.
    if (last < 0 || from > (words[last + 1] as number)) return this.#append(from, to);
    if (from < (words[last] as number)) return this.#merge(from, to);
    if (to > (words[last + 1] as number)) words[last + 1] = to;
    return true;
  }

  has(at: number): boolean {
    const words = this.#words;
    if (this.#count < 0) {
      const bit = at - this.#from;
      return bit < LEAF_BITS && (((words[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1;
    }
    const run = this.#firstEndAfter(at);
    return run < this.#count && (words[2 * run] as number) <= at;
  }

  /**
   * Put the pairs `start, end` of positions into `pairs`, ascending, not touching. The caller's memory is used because
   * there may be tens of thousands of leaves.
   *
   * @param pairs `LEAF_BITS` words at least
   * @returns words filled
   */
  copyRuns(pairs: Int32Array): number {
    const words = this.#words;
    if (this.#count >= 0) {
      for (let i = 0; i < 2 * this.#count; i++) pairs[i] = words[i] as number;
      return 2 * this.#count;
    }
    let filled = 0;
    for (let at = nextBit(words, 0, 0); at < LEAF_BITS; ) {
      const end = nextBit(words, at, -1);
      pairs[filled++] = this.#from + at;
      pairs[filled++] = this.#from + end;
      at = nextBit(words, end, 0);
    }
    return filled;
  }

  /**
   * Make room in a full leaf: it becomes a bitmap that begins with its first run, or it moves its runs from some
   * position on to another leaf.
   *
   * @param at position of the run that did not fit; if it is past all runs, no run moves
   * @param spare memory for another leaf, as in the constructor; taken if it is needed
   * @returns the other leaf, if there is one
   */
  divide(at: number, spare: Int32Array[]): BlockLeaf | undefined {
    const end = this.#words[2 * this.#count - 1] as number;
    if (end - (this.#words[0] as number) <= LEAF_BITS) {
      this.#becomeBitmap();
      return undefined;
    }
    if (at > end) return new BlockLeaf(this.origin, at, spare.pop());
    const kept = this.#count >>> 1;
    const other = new BlockLeaf(this.origin, this.#words[2 * kept] as number, spare.pop());
    // Word by word: some runtimes keep a separate buffer for each leaf after `subarray`.
    for (let i = 2 * kept; i < 2 * this.#count; i++) other.#words[i - 2 * kept] = this.#words[i] as number;
    other.#count = this.#count - kept;
    this.#count = kept;
    return other;
  }

  /** Its words, zeroed, for another leaf. Do not use this leaf afterwards. */
  release(): Int32Array {
    return this.#words.fill(0);
  }

  #append(from: number, to: number): boolean {
    if (this.#count === MAX_RUNS) return false;
    this.#words[2 * this.#count] = from;
    this.#words[2 * this.#count + 1] = to;
    this.#count++;
    return true;
  }

  #merge(from: number, to: number): boolean {
    const words = this.#words;
    const first = this.#firstEndAfter(from - 1);
    let after = first;
    let low = from;
    let high = to;
    while (after < this.#count && (words[2 * after] as number) <= to) {
      low = Math.min(low, words[2 * after] as number);
      high = Math.max(high, words[2 * after + 1] as number);
      after++;
    }
    if (after === first && this.#count === MAX_RUNS) return false;
    words.copyWithin(2 * first + 2, 2 * after, 2 * this.#count);
    words[2 * first] = low;
    words[2 * first + 1] = high;
    this.#count += 1 - (after - first);
    return true;
  }

  /** Index of the first run that ends after `at`; the number of runs if none does. */
  #firstEndAfter(at: number): number {
    return firstAbove(this.#words, at, this.#count, 2, 1);
  }

  #becomeBitmap(): void {
    const pairs = this.#words.slice(0, 2 * this.#count);
    this.#from = pairs[0] as number;
    this.#words.fill(0);
    for (let i = 0; i < pairs.length; i += 2) {
      setBits(this.#words, (pairs[i] as number) - this.#from, (pairs[i + 1] as number) - this.#from);
    }
    this.#count = -1;
  }
}
