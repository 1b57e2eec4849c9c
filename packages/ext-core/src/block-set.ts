/** A run of block numbers `[start, start + count)`; `count` is greater than zero. */
export interface BlockRun {
  readonly start: number;
  readonly count: number;
}

/** Blocks per chunk of the set. */
const CHUNK = 32768;
/** Runs a chunk may hold before it becomes a bitmap: 64 runs take 1 KiB, the bitmap 4 KiB. */
const MAX_RUNS = 64;

/** Part of the set: ascending, disjoint, not touching `start, end` pairs; or one bit per block. */
type Chunk = number[] | Uint32Array;

/**
 * A set of block numbers that costs by its runs, not by the size of the file system: only chunks of 32,768 blocks that
 * hold a member exist, as a short list of runs or, once fragmented, as a bitmap of 4 KiB. A set of all inode tables of
 * a 15 TiB file system takes a few MiB. Numbers up to 2^53 are exact.
 */
export class BlockSet {
  readonly #chunks = new Map<number, Chunk>();

  /** Add `[start, start + count)`. Adding a block again is free of charge and without effect. */
  add(start: number, count = 1): void {
    let from = start;
    const end = start + count;
    while (from < end) {
      const index = Math.floor(from / CHUNK);
      const base = index * CHUNK;
      const to = Math.min(end, base + CHUNK);
      this.#addToChunk(index, from - base, to - base);
      from = to;
    }
  }

  has(block: number): boolean {
    const index = Math.floor(block / CHUNK);
    const chunk = this.#chunks.get(index);
    if (chunk === undefined) return false;
    const at = block - index * CHUNK;
    if (chunk instanceof Uint32Array) return (((chunk[at >>> 5] as number) >>> (at & 31)) & 1) === 1;
    const next = firstEndAfter(chunk, at);
    return next < chunk.length && (chunk[next] as number) <= at;
  }

  /** The runs, ascending, never touching. One step per run. */
  *runs(): Generator<BlockRun> {
    let start = -1;
    let end = -1;
    for (const index of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const pairs = chunkRuns(this.#chunks.get(index) ?? []);
      const base = index * CHUNK;
      for (let i = 0; i < pairs.length; i += 2) {
        const from = base + (pairs[i] as number);
        if (from !== end) {
          if (start >= 0) yield { start, count: end - start };
          start = from;
        }
        end = base + (pairs[i + 1] as number);
      }
    }
    if (start >= 0) yield { start, count: end - start };
  }

  /** Members. Costs one step per run. */
  get size(): number {
    let total = 0;
    for (const { count } of this.runs()) total += count;
    return total;
  }

  #addToChunk(index: number, from: number, to: number): void {
    const chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      this.#chunks.set(index, [from, to]);
    } else if (chunk instanceof Uint32Array) {
      setBits(chunk, from, to);
    } else {
      addRun(chunk, from, to);
      if (chunk.length > 2 * MAX_RUNS) this.#chunks.set(index, bitmapOf(chunk));
    }
  }
}

/** The runs of `a` without the blocks of `b`, ascending. One step per run of either. */
export function* withoutRuns(a: BlockSet, b: BlockSet): Generator<BlockRun> {
  const others = b.runs();
  let other = others.next();
  for (const { start, count } of a.runs()) {
    const end = start + count;
    let from = start;
    while (!other.done && other.value.start < end) {
      const { value } = other;
      if (value.start > from) yield { start: from, count: value.start - from };
      from = Math.max(from, value.start + value.count);
      if (value.start + value.count > end) break;
      other = others.next();
    }
    if (from < end) yield { start: from, count: end - from };
  }
}

/** Index of the first pair whose end lies after `at`; the length of `pairs` when there is none. */
function firstEndAfter(pairs: readonly number[], at: number): number {
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pairs[2 * middle + 1] as number) > at) high = middle;
    else low = middle + 1;
  }
  return 2 * low;
}

/** Merge `[from, to)` into ascending pairs, in place. */
function addRun(pairs: number[], from: number, to: number): void {
  const last = pairs.length - 1;
  const lastEnd = pairs[last] as number;
  // Blocks arrive ascending nearly always: the two cheap cases first.
  if (from > lastEnd) {
    pairs.push(from, to);
    return;
  }
  if (from >= (pairs[last - 1] as number)) {
    if (to > lastEnd) pairs[last] = to;
    return;
  }
  const first = firstEndAfter(pairs, from - 1);
  let after = first;
  let low = from;
  let high = to;
  while (after < pairs.length && (pairs[after] as number) <= to) {
    low = Math.min(low, pairs[after] as number);
    high = Math.max(high, pairs[after + 1] as number);
    after += 2;
  }
  pairs.splice(first, after - first, low, high);
}

function bitmapOf(pairs: readonly number[]): Uint32Array {
  const bits = new Uint32Array(CHUNK / 32);
  for (let i = 0; i < pairs.length; i += 2) setBits(bits, pairs[i] as number, pairs[i + 1] as number);
  return bits;
}

function setBits(bits: Uint32Array, from: number, to: number): void {
  let at = from;
  while (at < to && (at & 31) !== 0) {
    bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31));
    at++;
  }
  if (to - at >= 32) {
    bits.fill(0xffff_ffff, at >>> 5, to >>> 5);
    at = to & ~31;
  }
  for (; at < to; at++) bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31));
}

function chunkRuns(chunk: Chunk): readonly number[] {
  if (!(chunk instanceof Uint32Array)) return chunk;
  const pairs: number[] = [];
  let at = nextBit(chunk, 0, 0);
  while (at < CHUNK) {
    const end = nextBit(chunk, at, 0xffff_ffff);
    pairs.push(at, end);
    at = nextBit(chunk, end, 0);
  }
  return pairs;
}

/** First bit at or after `from` that is set (`flip` 0) or clear (`flip` all ones); CHUNK when there is none. */
function nextBit(bits: Uint32Array, from: number, flip: number): number {
  if (from >= CHUNK) return CHUNK;
  let word = from >>> 5;
  let value = (((bits[word] as number) ^ flip) >>> (from & 31)) << (from & 31);
  while (value === 0) {
    word++;
    if (word === bits.length) return CHUNK;
    value = (bits[word] as number) ^ flip;
  }
  return word * 32 + 31 - Math.clz32(value & -value);
}
