import { viewOf } from '../format/field.ts';
import { getRefcount, refcountsPerBlock } from '../format/refcount.ts';

/** Runs of equal counts that are remembered, 24 bytes each at most; clusters beyond are as if unknown. */
const MAX_RUNS = 1 << 21;

/** The refcounts that a stream has contained so far, of clusters that come later. */
export class KnownRefcounts {
  readonly #order: number;
  readonly #perBlock: number;
  /** Ends and counts of runs; each begins where the one before ends. */
  readonly #ends: number[] = [];
  readonly #counts: (number | undefined)[] = [];
  #cursor = 0;

  constructor(clusterBits: number, order: number) {
    this.#order = order;
    this.#perBlock = refcountsPerBlock(clusterBits, order);
  }

  /** Add block `index` of the table. One that comes out of order, or too late, is ignored. */
  add(index: number, block: Uint8Array): void {
    const start = index * this.#perBlock;
    const known = this.#ends.at(-1) ?? 0;
    if (start < known) return;
    if (start > known) this.#push(start, undefined);
    const view = viewOf(block);
    for (let i = 0; i < this.#perBlock; i++) this.#push(start + i + 1, getRefcount(view, i, this.#order));
  }

  /** The refcount of a cluster; undefined: not known. Ask in ascending order. */
  get(cluster: number): number | undefined {
    // The last run may have grown since it was passed: a block that comes late continues where the one before ended.
    this.#cursor = Math.max(0, this.#cursor - 1);
    while ((this.#ends[this.#cursor] ?? Number.POSITIVE_INFINITY) <= cluster) this.#cursor++;
    return this.#counts[this.#cursor];
  }

  #push(end: number, count: number | undefined): void {
    const last = this.#ends.length - 1;
    if (last >= 0 && this.#counts[last] === count) this.#ends[last] = end;
    else if (last + 1 < MAX_RUNS) {
      this.#ends.push(end);
      this.#counts.push(count);
    }
  }
}
