import { Qcow2Error } from './errors.ts';

/** Guest clusters `[start, start + count)`; `count` is greater than zero. */
export interface ClusterRun {
  readonly start: number;
  readonly count: number;
}

/** Bytes of a page: what is gone through to find one cluster. */
const PAGE_BYTES = 4096;
/** Longest two numbers of 53 bits, 7 bits a byte. */
const LONGEST_RUN = 16;
/** Pages of one set: 64 MiB, some 20 million scattered runs. */
const MAX_PAGES = 16_384;

/** Runs one behind the other: how far it is from the end of the one before, and how long it is. */
class RunPage {
  /** The cluster behind the last one of the page before. */
  readonly end: number;
  /** Clusters of the set before this page. */
  readonly before: number;
  readonly #bytes = new Uint8Array(PAGE_BYTES);
  #used = 0;
  /** Where `next` reads. */
  #at = 0;

  constructor(end: number, before: number) {
    this.end = end;
    this.before = before;
  }

  get isFull(): boolean {
    return this.#used > PAGE_BYTES - LONGEST_RUN;
  }

  put(gap: number, count: number): void {
    this.#putNumber(gap);
    this.#putNumber(count);
  }

  *[Symbol.iterator](): Generator<ClusterRun> {
    let end = this.end;
    for (let at = 0; at < this.#used; ) {
      this.#at = at;
      const start = end + this.#number();
      const count = this.#number();
      at = this.#at;
      end = start + count;
      yield { start, count };
    }
  }

  /** 7 bits a byte, low ones first; the top bit says that more follow. */
  #putNumber(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#used++] = (rest % 128) + 128;
    this.#bytes[this.#used++] = rest;
  }

  #number(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#bytes[this.#at++] as number;
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
    }
  }
}

/**
 * A set of guest clusters that is built in ascending order and costs 2 to 5 bytes for most runs, whatever the size of
 * the disk, and 64 MiB at most.
 *
 * It also knows how many clusters come before a run, which makes the host offset of a guest cluster in a plain image a
 * closed formula.
 */
export class ClusterRuns {
  readonly #pages: RunPage[] = [];
  /** The last run, which may become longer yet; none while `count` is 0. */
  #start = 0;
  #count = 0;
  #clusterCount = 0;
  #runCount = 0;
  /** The cluster behind the last one in the pages, and how many those have. */
  #storedEnd = 0;
  #storedCount = 0;

  /**
   * @param runs ascending and disjoint; touching ones are joined
   * @throws as `push`
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
    return this.#clusterCount;
  }

  /** The cluster behind the last one; 0 for the empty set. */
  get end(): number {
    return this.#start + this.#count;
  }

  /**
   * Add `[start, start + count)` behind everything that is there.
   *
   * @throws RangeError when it is not behind, or a number is no safe integer
   * @throws Qcow2Error QCOW2_TOO_LARGE when the runs are so many that they take more than 64 MiB
   */
  push(start: number, count: number): void {
    const { end } = this;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(count) || start < end || count <= 0) {
      throw new RangeError(`cluster run ${start}+${count} does not follow cluster ${end}`);
    }
    this.#clusterCount += count;
    if (this.#count > 0 && start === end) {
      this.#count += count;
      return;
    }
    if (this.#count > 0) this.#store();
    this.#start = start;
    this.#count = count;
    this.#runCount++;
  }

  /** How many clusters of the set come before `cluster`, if it is one of them; undefined otherwise. */
  ordinalOf(cluster: number): number | undefined {
    let low = 0;
    let high = this.#pages.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pages[middle]?.end ?? Infinity) <= cluster) low = middle + 1;
      else high = middle;
    }
    let before = this.#pages[low - 1]?.before ?? 0;
    for (const { start, count } of this.#runsFrom(low - 1)) {
      if (start > cluster) return undefined;
      if (cluster < start + count) return before + cluster - start;
      before += count;
    }
    return undefined;
  }

  /** The clusters of the set from number `cluster` on. */
  *from(cluster: number): Generator<ClusterRun> {
    for (const { start, count } of this) {
      const first = Math.max(start, cluster);
      if (first < start + count) yield { start: first, count: start + count - first };
    }
  }

  [Symbol.iterator](): Generator<ClusterRun> {
    return this.#runsFrom(0);
  }

  *#runsFrom(page: number): Generator<ClusterRun> {
    for (let index = Math.max(0, page); index < this.#pages.length; index++) yield* this.#pages[index] ?? [];
    if (this.#count > 0) yield { start: this.#start, count: this.#count };
  }

  /** The last run will not become longer. */
  #store(): void {
    let page = this.#pages.at(-1);
    if (page === undefined || page.isFull) {
      if (this.#pages.length === MAX_PAGES) {
        throw new Qcow2Error(
          'QCOW2_TOO_LARGE',
          `the list of clusters is too scattered: more than ${this.#runCount} runs`,
        );
      }
      page = new RunPage(this.#storedEnd, this.#storedCount);
      this.#pages.push(page);
    }
    page.put(this.#start - this.#storedEnd, this.#count);
    this.#storedEnd = this.end;
    this.#storedCount += this.#count;
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
