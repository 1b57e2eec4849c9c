import { BlockSet } from '@e2image/ext-core';

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
  /** Those of them that never were anything else: bitmaps and descriptors. */
  readonly fixed = new BlockSet();
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
  #order = new Uint32Array(0);

  /** Runs, in the order they were added. */
  get length(): number {
    return this.#count;
  }

  add(run: ClassRun): void {
    // Tables come first and are long: asking for each of their blocks would cost more than all the rest.
    if (run.kind !== KIND.inodeTable) {
      if (run.count === 1 ? this.#isTaken(run.start) : this.#splitTaken(run)) return;
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
    // Every kind in the array came in as one.
    const kind = Object.values(KIND)[this.#kinds[index] as number] ?? KIND.superblock;
    return {
      kind,
      start: this.#starts[index] as number,
      count: this.#counts[index] as number,
      owner: this.#owners[index] as number,
      logical: this.#logicals[index] as number,
      generation: this.#generations[index] as number,
      flags: this.#flags[index] as number,
    };
  }

  /** All is told: make it ready to be asked. */
  seal(): void {
    const starts = this.#starts;
    this.#order = Uint32Array.from({ length: this.#count }, (_, index) => index);
    this.#order.sort((a, b) => (starts[a] as number) - (starts[b] as number) || a - b);
  }

  /** The run that holds `block`; undefined for one that is kept, or that nothing owns. */
  find(block: number): ClassRun | undefined {
    const starts = this.#starts;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[this.#order[middle] as number] as number) <= block) low = middle + 1;
      else high = middle;
    }
    for (let at = low - 1; at >= Math.max(0, low - LOOK_BACK); at--) {
      const index = this.#order[at] as number;
      if (block < (starts[index] as number) + (this.#counts[index] as number)) return this.run(index);
    }
    return undefined;
  }

  #isTaken(block: number): boolean {
    return this.#seen.has(block) || this.kept.has(block);
  }

  /** Where part of a run is taken, add what is not, block by block. @returns whether that was done */
  #splitTaken(run: ClassRun): boolean {
    let isTaken = false;
    for (let i = 0; i < run.count && !isTaken; i++) isTaken = this.#isTaken(run.start + i);
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
