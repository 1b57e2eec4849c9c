import type { BlockRun } from '../bytes/block-run.ts';
import { ExtError } from '../bytes/errors.ts';
import { firstAbove, lowerBound } from '../bytes/lower-bound.ts';
import { BlockLeaf, LEAF_BITS, LEAF_BYTES, REGION } from './block-leaf.ts';

/** Which blocks a set keeps, and how much memory it may use. */
export interface BlockSetOptions {
  /** Blocks before this one are left out. Default 0. */
  readonly from?: number;
  /** Bytes of memory. Default 64 MiB: some four million scattered runs at least, or 2^28 blocks of which any may be members. */
  readonly maxBytes?: number;
  /** What to do when more is needed: throw (the default), or keep only the lowest blocks; `end` is then the limit. */
  readonly whenFull?: 'refuse' | 'cut';
}

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A set of block numbers that costs by its runs, not by the size of the file system, and never more than it may: 8 to
 * 18 bytes for a run or, where runs are dense, one to two bits for a block. Numbers up to 2^53 are exact.
 *
 * It is a list of leaves, each responsible for the blocks up to the next leaf. A full leaf is divided.
 */
export class BlockSet {
  #from: number;
  readonly #maxBytes: number;
  readonly #isCut: boolean;
  #leaves: BlockLeaf[] = [];
  /** The first block of each leaf, for the search. */
  #bases: number[] = [];
  /** Index of the leaf that was used last: the next block is nearly always in it, too. */
  #last = 0;
  #end = Infinity;
  /** Memory of released leaves. */
  readonly #spare: Int32Array[] = [];

  constructor({ from = 0, maxBytes = MAX_BYTES, whenFull = 'refuse' }: BlockSetOptions = {}) {
    this.#from = from;
    this.#maxBytes = maxBytes;
    this.#isCut = whenFull === 'cut';
  }

  /** The first block that is kept. */
  get from(): number {
    return this.#from;
  }

  /**
   * Where a set that keeps the lowest blocks was cut: it does not know any block from here on. Infinity while it has
   * all blocks.
   */
  get end(): number {
    return this.#end;
  }

  /**
   * Empty the set and restrict it to blocks from `from` on. It uses its memory again, because garbage collectors free
   * buffers of this size late.
   */
  restart(from: number): void {
    for (const leaf of this.#leaves) this.#spare.push(leaf.release());
    this.#leaves = [];
    this.#bases = [];
    this.#from = from;
    this.#end = Infinity;
  }

  /**
   * Add `[start, start + count)`. Adding a block again has no effect and needs no memory.
   *
   * @throws ExtError EXT_TOO_LARGE when a set that is not cut needs more memory than it may have
   */
  add(start: number, count = 1): void {
    const end = start + count;
    for (let from = Math.max(start, this.#from); from < Math.min(end, this.#end); ) {
      const index = this.#place(from);
      const leaf = this.#leaves[index];
      // The set was cut: no block from here on is kept.
      if (leaf === undefined) return;
      const to = Math.min(end, this.#limit(index, leaf));
      if (leaf.add(from - leaf.origin, to - leaf.origin)) from = to;
      else this.#divide(index, leaf, from);
    }
  }

  has(block: number): boolean {
    const leaf = this.#leaves[this.#find(block)];
    return leaf?.has(block - leaf.origin) ?? false;
  }

  /** The runs, ascending, never touching. One step per run. Blocks added during the iteration may be missing. */
  *runs(): Generator<BlockRun> {
    let start = -1;
    let end = -1;
    const pairs = new Int32Array(LEAF_BITS);
    for (const leaf of this.#leaves) {
      const words = leaf.copyRuns(pairs);
      for (let i = 0; i < words; i += 2) {
        const from = leaf.origin + (pairs[i] as number);
        if (from !== end) {
          if (start >= 0) yield { start, count: end - start };
          start = from;
        }
        end = leaf.origin + (pairs[i + 1] as number);
      }
    }
    if (start >= 0) yield { start, count: end - start };
  }

  /** Number of blocks. Costs one step per run. */
  get size(): number {
    let total = 0;
    for (const { count } of this.runs()) total += count;
    return total;
  }

  /** Index of the leaf for `block`, which is created if needed. */
  #place(block: number): number {
    const index = this.#find(block);
    const leaf = this.#leaves[index];
    if (leaf !== undefined && block < leaf.limit) return index;
    // The block is past a bitmap, or the first of its region.
    const origin = block - (block % REGION);
    const from = leaf?.origin === origin ? leaf.limit - origin : 0;
    this.#insert(index + 1, new BlockLeaf(origin, from, this.#spare.pop()));
    return index + 1;
  }

  #limit(index: number, leaf: BlockLeaf): number {
    return Math.min(leaf.limit, this.#bases[index + 1] ?? Infinity);
  }

  /** Index of the last leaf that begins at or before `block`; -1 if none does. */
  #find(block: number): number {
    const bases = this.#bases;
    const last = this.#last;
    if (last < bases.length && (bases[last] as number) <= block) {
      if (last + 1 === bases.length || block < (bases[last + 1] as number)) return last;
    }
    const after = firstAbove(bases, block, bases.length);
    this.#last = Math.max(0, after - 1);
    return after - 1;
  }

  #divide(index: number, leaf: BlockLeaf, block: number): void {
    const other = leaf.divide(block - leaf.origin, this.#spare);
    // A bitmap begins with its first run, so that the base may have changed.
    this.#bases[index] = leaf.base;
    if (other !== undefined) this.#insert(index + 1, other);
  }

  #insert(index: number, leaf: BlockLeaf): void {
    this.#leaves.splice(index, 0, leaf);
    this.#bases.splice(index, 0, leaf.base);
    if (this.#leaves.length === 1 || this.#leaves.length * LEAF_BYTES <= this.#maxBytes) return;
    if (!this.#isCut) {
      const mebibytes = this.#maxBytes / (1024 * 1024);
      throw new ExtError('EXT_TOO_LARGE', `the list of blocks is too scattered: it needs more than ${mebibytes} MiB`);
    }
    this.#end = this.#bases.pop() ?? 0;
    const gone = this.#leaves.pop();
    if (gone !== undefined) this.#spare.push(gone.release());
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

/** Index of the first of ascending, disjoint runs that ends after `block`; `runs.length` where none does. */
export const firstRunEndingAfter = (runs: readonly BlockRun[], block: number): number =>
  lowerBound(runs.length, (index) => {
    const run = runs[index];
    return run !== undefined && run.start + run.count <= block;
  });
