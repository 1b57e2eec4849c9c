import { Qcow2Error } from './errors.ts';

/**
 * Consecutive numbers `[start, start + count)`, `count` being greater than zero: of guest clusters, or where stated of
 * host clusters, L1 entries or units of an L2 table.
 */
export interface ClusterRun {
  readonly start: number;
  readonly count: number;
}

/** Bytes of a page: many runs share one allocation. */
const PAGE_BYTES = 4096;
/** Bytes of the longest run: two numbers of 53 bits, 7 bits in each byte. */
const LONGEST_RUN = 16;
/** Bytes of one set, some 20 million scattered runs. */
const MAX_BYTES = 64 * 2 ** 20;

/** Consecutive runs. Each is stored as its distance from the end of the previous run, and its length. */
class RunPage {
  /** End of the last run of the previous page. */
  readonly end: number;
  readonly #bytes = new Uint8Array(PAGE_BYTES);
  #used = 0;
  /** Position of the next `#number`. */
  #at = 0;

  constructor(end: number) {
    this.end = end;
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

  /** 7 bits in each byte, low bits first; the top bit is set when more bytes follow. */
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
 * A set of guest clusters, built in ascending order. It needs 2 to 5 bytes for most runs, whatever the size of the disk,
 * and 64 MiB at most.
 */
export class ClusterRuns {
  readonly maxBytes: number;
  readonly #pages: RunPage[] = [];
  /** The last run, which the next `push` may extend; none exists while `count` is 0. */
  #start = 0;
  #count = 0;
  #clusterCount = 0;
  #runCount = 0;
  /** End of the last run in the pages. */
  #storedEnd = 0;

  /** @param maxBytes what the runs may need; a multiple of 4,096 */
  constructor({ maxBytes = MAX_BYTES }: { readonly maxBytes?: number } = {}) {
    this.maxBytes = maxBytes;
  }

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

  /** The number after the last cluster; 0 for the empty set. */
  get end(): number {
    return this.#start + this.#count;
  }

  /**
   * Add `[start, start + count)` after all clusters of the set.
   *
   * @throws RangeError when it does not come after them, or when a number is not a safe integer
   * @throws Qcow2Error QCOW2_TOO_LARGE when the runs are so many that they need more than `maxBytes`
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

  /** The clusters of the set from number `cluster` on. */
  *from(cluster: number): Generator<ClusterRun> {
    for (const { start, count } of this) {
      const first = Math.max(start, cluster);
      if (first < start + count) yield { start: first, count: start + count - first };
    }
  }

  *[Symbol.iterator](): Generator<ClusterRun> {
    for (const page of this.#pages) yield* page;
    if (this.#count > 0) yield { start: this.#start, count: this.#count };
  }

  /** The last run is complete: store it in a page. */
  #store(): void {
    let page = this.#pages.at(-1);
    if (page === undefined || page.isFull) {
      if (this.#pages.length * PAGE_BYTES >= this.maxBytes) {
        throw new Qcow2Error(
          'QCOW2_TOO_LARGE',
          `the list of clusters is too scattered: more than ${this.#runCount} runs`,
        );
      }
      page = new RunPage(this.#storedEnd);
      this.#pages.push(page);
    }
    page.put(this.#start - this.#storedEnd, this.#count);
    this.#storedEnd = this.end;
  }
}

/**
 * Which L2 tables are needed for a set of clusters. Its cost depends on the number of runs, not of clusters.
 *
 * @param runs ascending and disjoint
 * @param entriesPerTable clusters that one L2 table maps
 * @returns runs of L1 indexes, ascending and disjoint
 */
export function* touchedTables(runs: Iterable<ClusterRun>, entriesPerTable: number): Generator<ClusterRun> {
  let done = -1;
  for (const { start, count } of runs) {
    const first = Math.max(Math.floor(start / entriesPerTable), done + 1);
    const last = Math.floor((start + count - 1) / entriesPerTable);
    if (last < first) continue;
    yield { start: first, count: last - first + 1 };
    done = last;
  }
}
