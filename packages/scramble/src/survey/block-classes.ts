import { BlockSet } from '@e2image/ext-core/walk';
import { lowerBound } from '../base/lower-bound.ts';
import { ascendingOrder } from './ascending-order.ts';

/** What is scrambled. Blocks of other kinds are kept, or become zeros. */
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

/** What is known of the inode that owns a run. Bits of `flags`. */
export const OWNER_FLAG = { indexed: 1, encrypted: 2, casefold: 4 } as const;

/** A run of blocks of one kind. */
export interface ClassRun {
  readonly kind: Kind;
  readonly start: number;
  readonly count: number;
  /** Inode, or group for superblocks and inode tables. */
  readonly owner: number;
  /** Number of the first block in its file, or in the inode table. */
  readonly logical: number;
  readonly generation: number;
  /** Bits of `OWNER_FLAG`. */
  readonly flags: number;
}

/** Runs to look back for one that covers a block which a later, shorter run hides: damaged file systems only. */
const LOOK_BACK = 16;
const FIRST_CAPACITY = 1024;

/**
 * What each block of a file system is, for those that are scrambled or kept: 30 bytes a run, looked up by binary
 * search. A block that two things claim is what was told first.
 */
export class BlockClasses {
  /** Blocks that stay as they are: bitmaps, descriptors, maps, quota and, where wanted, the contents of files. */
  readonly kept = new BlockSet();
  /**
   * Those of them that never were anything else: bitmaps and descriptors. With flex_bg those of many groups are
   * neighbours; only a hostile disk has them in more than some 700,000 places.
   */
  readonly fixed = new BlockSet({ maxBytes: 16 * 1024 * 1024 });
  /** All blocks that were told, kept ones too. */
  readonly #seen = new BlockSet();
  #count = 0;
  #starts = new Float64Array(FIRST_CAPACITY);
  #counts = new Uint32Array(FIRST_CAPACITY);
  #kinds = new Uint8Array(FIRST_CAPACITY);
  #owners = new Uint32Array(FIRST_CAPACITY);
  #logicals = new Uint32Array(FIRST_CAPACITY);
  #generations = new Uint32Array(FIRST_CAPACITY);
  #flags = new Uint8Array(FIRST_CAPACITY);
  /** Runs by their first block. */
  #order: Uint32Array = new Uint32Array(0);
  /** What `find` answered last, and for which blocks the answer is the same. */
  #found: ClassRun | undefined;
  #foundFrom = 0;
  #foundEnd = 0;

  /** Runs, in the order they were added. */
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

  add(run: ClassRun): void {
    // Tables come first and are long: asking for each of their blocks would cost more than all the rest.
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

  /** Run `index`, in the order of adding. */
  run(index: number): ClassRun {
    return {
      // Every kind in the array came in as one.
      kind: KINDS[this.#kinds[index] as number] ?? KIND.superblock,
      start: this.#starts[index] as number,
      count: this.#counts[index] as number,
      owner: this.#owners[index] as number,
      logical: this.#logicals[index] as number,
      generation: this.#generations[index] as number,
      flags: this.#flags[index] as number,
    };
  }

  /** Whether runs `[from, to)` are one block of something that has no index. */
  isOneBlock(from: number, to: number): boolean {
    return to - from === 1 && this.#counts[from] === 1 && ((this.#flags[from] as number) & OWNER_FLAG.indexed) === 0;
  }

  /** All is told: make it ready to be asked. */
  seal(): void {
    this.#order = ascendingOrder(this.#starts.subarray(0, this.#count));
  }

  /** The run that holds `block`; undefined for one that is kept, or that nothing owns. The same object for neighbours. */
  find(block: number): ClassRun | undefined {
    if (block >= this.#foundFrom && block < this.#foundEnd) return this.#found;
    const next = this.#firstBehind(block);
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

  /** First block of the run at a place in their order. */
  #start(at: number): number {
    return this.#starts[this.#order[at] as number] as number;
  }

  /** Place in their order of the first run that begins behind `block`. */
  #firstBehind(block: number): number {
    return lowerBound(this.#count, (at) => this.#start(at) <= block);
  }

  /** Where part of a run is taken, add what is not, block by block. @returns whether that was done */
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
