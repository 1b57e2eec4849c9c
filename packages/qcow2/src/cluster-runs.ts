/** Guest clusters `[start, start + count)`; `count` is greater than zero. */
export interface ClusterRun {
  readonly start: number;
  readonly count: number;
}

/** Runs for which there is room at first. */
const FIRST_CAPACITY = 64;

/**
 * A set of guest clusters that is built in ascending order and costs 16 bytes per run, whatever the size of the disk.
 *
 * Each run also knows how many clusters come before it, which makes the host offset of a guest cluster in a plain
 * image a closed formula.
 */
export class ClusterRuns {
  #starts = new Float64Array(FIRST_CAPACITY);
  /** Clusters of the set before run i; one entry more than there are runs. */
  #before = new Float64Array(FIRST_CAPACITY + 1);
  #runCount = 0;

  /**
   * @param runs ascending and disjoint; touching ones are joined
   * @throws RangeError when they are not ascending, or a number is no safe integer
   */
  static from(runs: Iterable<ClusterRun>): ClusterRuns {
    const set = new ClusterRuns();
    for (const { start, count } of runs) set.push(start, count);
    return set;
  }

  get runCount(): number {
    return this.#runCount;
  }

  /** Clusters in the set. */
  get clusterCount(): number {
    return this.#before[this.#runCount] ?? 0;
  }

  /** The cluster behind the last one; 0 for the empty set. */
  get end(): number {
    return this.#runCount === 0 ? 0 : this.#startOf(this.#runCount - 1) + this.#countOf(this.#runCount - 1);
  }

  /**
   * Add `[start, start + count)` behind everything that is there.
   *
   * @throws RangeError as `from`
   */
  push(start: number, count: number): void {
    const end = this.end;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count) || start < end || count <= 0) {
      throw new RangeError(`cluster run ${start}+${count} does not follow cluster ${end}`);
    }
    if (this.#runCount > 0 && start === end) {
      this.#before[this.#runCount] = this.clusterCount + count;
      return;
    }
    if (this.#runCount === this.#starts.length) this.#grow();
    this.#starts[this.#runCount] = start;
    this.#before[this.#runCount + 1] = this.clusterCount + count;
    this.#runCount++;
  }

  /** How many clusters of the set come before `cluster`, if it is one of them; undefined otherwise. */
  ordinalOf(cluster: number): number | undefined {
    let low = 0;
    let high = this.#runCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startOf(middle) <= cluster) low = middle + 1;
      else high = middle;
    }
    const run = low - 1;
    if (run < 0) return undefined;
    const into = cluster - this.#startOf(run);
    return into < this.#countOf(run) ? (this.#before[run] ?? 0) + into : undefined;
  }

  /** The clusters of the set from number `cluster` on. */
  *from(cluster: number): Generator<ClusterRun> {
    for (const { start, count } of this) {
      const first = Math.max(start, cluster);
      if (first < start + count) yield { start: first, count: start + count - first };
    }
  }

  *[Symbol.iterator](): Generator<ClusterRun> {
    for (let run = 0; run < this.#runCount; run++) yield { start: this.#startOf(run), count: this.#countOf(run) };
  }

  #startOf(run: number): number {
    return this.#starts[run] ?? 0;
  }

  #countOf(run: number): number {
    return (this.#before[run + 1] ?? 0) - (this.#before[run] ?? 0);
  }

  #grow(): void {
    const capacity = this.#starts.length * 2;
    const starts = new Float64Array(capacity);
    starts.set(this.#starts);
    const before = new Float64Array(capacity + 1);
    before.set(this.#before);
    this.#starts = starts;
    this.#before = before;
  }
}

/** A run of table indexes that a set of clusters touches: see `touchedTables`. */
export interface TableRun {
  readonly first: number;
  readonly count: number;
}

/** Which L2 tables (L1 indexes) the clusters lie in: ascending, disjoint runs; costs by cluster runs. */
export function* touchedTables(runs: Iterable<ClusterRun>, entriesPerTable: number): Generator<TableRun> {
  let done = -1;
  for (const { start, count } of runs) {
    const first = Math.max(Math.floor(start / entriesPerTable), done + 1);
    const last = Math.floor((start + count - 1) / entriesPerTable);
    if (last < first) continue;
    yield { first, count: last - first + 1 };
    done = last;
  }
}
