import { BlockSet } from '@e2image/ext-core/walk';
import { lowerBound } from '../base/lower-bound.ts';
import { ascendingOrder } from './ascending-order.ts';

/** Kinds of blocks that are scrambled. Blocks of other kinds are kept, or become zeros. */
export const KIND = {
  superblock: 0,
  inodeTable: 1,
  attributes: 2,
  extentNode: 3,
  directory: 4,
  symlink: 5,
  attributeValue: 6,
  mmp: 7,
  journal: 8,
} as const;
/** One of them. */
export type Kind = (typeof KIND)[keyof typeof KIND];
const KINDS = Object.values(KIND);

/** Properties of the inode that owns a run: bits of `flags`. */
export const OWNER_FLAG = { indexed: 1, encrypted: 2, casefold: 4 } as const;

/** A run of blocks of one kind. */
export interface ClassRun {
  readonly kind: Kind;
  readonly start: number;
  readonly count: number;
  /** Inode, or group for superblocks and inode tables. */
  readonly owner: number;
  /** Index of the first block in its file, or in the inode table. */
  readonly logical: number;
  readonly generation: number;
  /** Bits of `OWNER_FLAG`. */
  readonly flags: number;
}

/** How many runs `find` looks back for one that contains a block. More than one overlap in damaged file systems only. */
const LOOK_BACK = 16;
const FIRST_CAPACITY = 1024;

/**
 * The kind and the owner of each block that is scrambled or kept: 30 bytes for each run, found by binary search. A block
 * that is added twice keeps its first kind and owner.
 */
export class BlockClasses {
  /** Blocks that stay as they are: bitmaps, descriptors, maps, quota files and, if wanted, contents of files. */
  readonly kept = new BlockSet();
  /**
   * Those of them that were never anything else: bitmaps and descriptors. With flex_bg those of many groups are
   * neighbours; only a hostile disk has more than some 700,000 runs of them.
   */
  readonly fixed = new BlockSet({ maxBytes: 16 * 1024 * 1024 });
  /** All blocks that were added, including kept ones. */
  readonly #seen = new BlockSet();
  #count = 0;
  #starts = new Float64Array(FIRST_CAPACITY);
  #counts = new Uint32Array(FIRST_CAPACITY);
  #kinds = new Uint8Array(FIRST_CAPACITY);
  #owners = new Uint32Array(FIRST_CAPACITY);
  #logicals = new Uint32Array(FIRST_CAPACITY);
  #generations = new Uint32Array(FIRST_CAPACITY);
  #flags = new Uint8Array(FIRST_CAPACITY);
  /** Indexes of the runs, in the order of their first blocks. */
  #order: Uint32Array = new Uint32Array(0);
  /** The last result of `find`, and the blocks `[#foundFrom, #foundEnd)` for which it is the same. */
  #found: ClassRun | undefined;
  #foundFrom = 0;
  #foundEnd = 0;

  /** Number of runs. */
  get length(): number {
    return this.#count;
  }

  /** Keep blocks `[start, start + count)` as they are. */
  keep(start: number, count: number): void {
    this.kept.add(start, count);
    this.#seen.add(start, count);
  }

  /** The same for blocks that were never anything else. */
  keepFixed(start: number, count: number): void {
    this.keep(start, count);
    this.fixed.add(start, count);
  }

  /** Add the blocks of a run that were not added or kept before. */
  add(run: ClassRun): void {
    // Inode tables come first and are long: checking each of their blocks would take longer than everything else.
    if (run.kind !== KIND.inodeTable) {
      if (run.count === 1 ? this.#seen.has(run.start) : this.#splitTaken(run)) return;
    }
    this.#seen.add(run.start, run.count);
    if (this.#count === this.#starts.length) this.#grow();
    const at = this.#count++;
    this.#starts[at] = run.start;
    this.#counts[at] = run.count;
    this.#kinds[at] = run.kind;
    this.#owners[at] = run.owner;
    this.#logicals[at] = run.logical;
    this.#generations[at] = run.generation;
    this.#flags[at] = run.flags;
  }

  /** Run number `index`, in the order in which runs were added. */
  run(index: number): ClassRun {
    return {
      // Every number in the array was the kind of a run.
      kind: KINDS[this.#kinds[index] as number] ?? KIND.superblock,
      start: this.#starts[index] as number,
      count: this.#counts[index] as number,
      owner: this.#owners[index] as number,
      logical: this.#logicals[index] as number,
      generation: this.#generations[index] as number,
      flags: this.#flags[index] as number,
    };
  }

  /** Whether runs `[from, to)` are one block of an inode without an index. */
  isOneBlock(from: number, to: number): boolean {
    return to - from === 1 && this.#counts[from] === 1 && ((this.#flags[from] as number) & OWNER_FLAG.indexed) === 0;
  }

  /** Call this after the last run was added, and before `find`. */
  seal(): void {
    this.#order = ascendingOrder(this.#starts.subarray(0, this.#count));
  }

  /** The run that contains `block`; undefined for blocks that are kept or unknown. The same object for blocks of one run. */
  find(block: number): ClassRun | undefined {
    if (block >= this.#foundFrom && block < this.#foundEnd) return this.#found;
    const next = this.#firstAfter(block);
    this.#found = undefined;
    this.#foundFrom = block;
    this.#foundEnd = next < this.#count ? this.#start(next) : Number.POSITIVE_INFINITY;
    for (let at = next - 1; at >= Math.max(0, next - LOOK_BACK); at--) {
      const end = this.#start(at) + (this.#counts[this.#order[at] as number] as number);
      if (block >= end) continue;
      this.#found = this.run(this.#order[at] as number);
      this.#foundEnd = Math.min(this.#foundEnd, end);
      break;
    }
    return this.#found;
  }

  /** First block of the run at position `at` of the order. */
  #start(at: number): number {
    return this.#starts[this.#order[at] as number] as number;
  }

  /** Position in the order of the first run that begins after `block`. */
  #firstAfter(block: number): number {
    return lowerBound(this.#count, (at) => this.#start(at) <= block);
  }

  /** If some blocks of a run were added before, add the others one by one. @returns whether that was the case */
  #splitTaken(run: ClassRun): boolean {
    let isTaken = false;
    for (let i = 0; i < run.count && !isTaken; i++) isTaken = this.#seen.has(run.start + i);
    if (!isTaken) return false;
    for (let i = 0; i < run.count; i++) {
      this.add({ ...run, start: run.start + i, count: 1, logical: run.logical + i });
    }
    return true;
  }

  #grow(): void {
    const capacity = this.#starts.length * 2;
    const larger = <T extends Float64Array | Uint32Array | Uint8Array>(array: T, next: T): T => {
      next.set(array);
      return next;
    };
    this.#starts = larger(this.#starts, new Float64Array(capacity));
    this.#counts = larger(this.#counts, new Uint32Array(capacity));
    this.#kinds = larger(this.#kinds, new Uint8Array(capacity));
    this.#owners = larger(this.#owners, new Uint32Array(capacity));
    this.#logicals = larger(this.#logicals, new Uint32Array(capacity));
    this.#generations = larger(this.#generations, new Uint32Array(capacity));
    this.#flags = larger(this.#flags, new Uint8Array(capacity));
  }
}
