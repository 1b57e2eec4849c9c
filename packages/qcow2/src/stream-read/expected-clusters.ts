import { cannotStream } from './stream-errors.ts';

/** What a host cluster, when it has come, is for. */
export interface Expected {
  /** Number of the guest cluster. */
  readonly guest: number;
  /** Host byte. */
  readonly offset: number;
  /** Bytes that may belong to the compressed stream; 0 for a cluster stored as it is. */
  readonly compressedSpan: number;
}

/** Bytes of an entry, and of all of them: with the rest of a reader this stays below 256 MiB. */
const ENTRY_BYTES = 20;
const MAX_BYTES = 160 << 20;

/** Number of the last host cluster that an entry touches: when that has come, all of it has. */
export function lastClusterOf(offset: number, compressedSpan: number, clusterSize: number): number {
  return Math.floor((offset + (compressedSpan || clusterSize) - 1) / clusterSize);
}

/** The entries of one L2 table for clusters that have not arrived: parallel arrays, with runs of uncompressed clusters joined. */
class Batch {
  readonly #clusterSize: number;
  #guests: Float64Array;
  #offsets: Float64Array;
  /** Span of a compressed cluster; for a run of uncompressed clusters, its length as a negative number. */
  #spans: Int32Array;
  count = 0;
  #isSorted = true;
  #at = 0;
  #into = 0;

  constructor(capacity: number, clusterSize: number) {
    this.#clusterSize = clusterSize;
    this.#guests = new Float64Array(capacity);
    this.#offsets = new Float64Array(capacity);
    this.#spans = new Int32Array(capacity);
  }

  add({ guest, offset, compressedSpan }: Expected): void {
    const last = this.count - 1;
    const before = last < 0 ? 0 : (this.#spans[last] ?? 0);
    if (compressedSpan === 0 && before < 0) {
      const follows = guest === (this.#guests[last] ?? 0) - before;
      if (follows && offset === (this.#offsets[last] ?? 0) - before * this.#clusterSize) {
        this.#spans[last] = before - 1;
        return;
      }
    }
    this.#guests[this.count] = guest;
    this.#offsets[this.count] = offset;
    this.#spans[this.count] = compressedSpan === 0 ? -1 : compressedSpan;
    if (last >= 0 && this.#keyAt(last, Math.max(0, -before - 1)) > this.#keyAt(last + 1, 0)) this.#isSorted = false;
    this.count++;
  }

  /** All entries were added: sort them, and release unused memory. */
  seal(): void {
    if (!this.#isSorted) this.#unjoin();
    const order = Uint32Array.from({ length: this.count }, (_, i) => i);
    if (!this.#isSorted) order.sort((a, b) => this.#keyAt(a, 0) - this.#keyAt(b, 0));
    const [guests, offsets, spans] = [this.#guests, this.#offsets, this.#spans];
    this.#guests = Float64Array.from(order, (i) => guests[i] ?? 0);
    this.#offsets = Float64Array.from(order, (i) => offsets[i] ?? 0);
    this.#spans = Int32Array.from(order, (i) => spans[i] ?? 0);
  }

  /** The host cluster that completes the next entry; undefined after the last. */
  get key(): number | undefined {
    return this.#at < this.count ? this.#keyAt(this.#at, this.#into) : undefined;
  }

  /** The next entry. */
  take(): Expected {
    const span = this.#spans[this.#at] ?? 0;
    const guest = (this.#guests[this.#at] ?? 0) + this.#into;
    const offset = (this.#offsets[this.#at] ?? 0) + this.#into * this.#clusterSize;
    this.#into++;
    if (span > 0 || this.#into === -span) {
      this.#at++;
      this.#into = 0;
    }
    return { guest, offset, compressedSpan: Math.max(0, span) };
  }

  /** Runs that interleave with other entries cannot be ordered as wholes. */
  #unjoin(): void {
    const entries: Expected[] = [];
    while (this.key !== undefined) entries.push(this.take());
    this.#at = 0;
    this.#guests = Float64Array.from(entries, ({ guest }) => guest);
    this.#offsets = Float64Array.from(entries, ({ offset }) => offset);
    this.#spans = Int32Array.from(entries, ({ compressedSpan }) => compressedSpan || -1);
    this.count = entries.length;
  }

  #keyAt(index: number, into: number): number {
    const span = Math.max(0, this.#spans[index] ?? 0);
    return lastClusterOf((this.#offsets[index] ?? 0) + into * this.#clusterSize, span, this.#clusterSize);
  }
}

/** The entries for clusters that have not arrived, of all tables that have, in the order in which the clusters will arrive. */
export class ExpectedClusters {
  readonly #clusterSize: number;
  readonly #perTable: number;
  /** A heap by `key`: the batch whose cluster comes first is at its root. */
  readonly #heap: Batch[] = [];
  #bytes = 0;

  constructor(clusterSize: number, perTable: number) {
    this.#clusterSize = clusterSize;
    this.#perTable = perTable;
  }

  /**
   * Add the entries of a table.
   *
   * @throws Qcow2Error QCOW2_CANNOT_STREAM when there are too many to remember
   */
  addTable(entries: Iterable<Expected>): void {
    const batch = new Batch(this.#perTable, this.#clusterSize);
    for (const entry of entries) batch.add(entry);
    if (batch.count === 0) return;
    batch.seal();
    this.#bytes += batch.count * ENTRY_BYTES;
    if (this.#bytes > MAX_BYTES) throw cannotStream('its tables map more than can be remembered');
    this.#heap.push(batch);
    this.#siftUp(this.#heap.length - 1);
  }

  /** The host cluster that completes the next entry; undefined when nothing is expected. */
  get next(): number | undefined {
    return this.#heap[0]?.key;
  }

  /** Take the next entry if cluster `index` completes it, or one before that does. */
  take(index: number): Expected | undefined {
    const [root] = this.#heap;
    if (root === undefined || (root.key ?? 0) > index) return undefined;
    const entry = root.take();
    if (root.key === undefined) {
      this.#bytes -= root.count * ENTRY_BYTES;
      const last = this.#heap.pop();
      if (last !== undefined && last !== root) this.#heap[0] = last;
    }
    this.#siftDown();
    return entry;
  }

  #siftUp(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >>> 1;
      if (this.#keyOf(parent) <= this.#keyOf(at)) return;
      this.#swap(parent, at);
      at = parent;
    }
  }

  #siftDown(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const least = this.#keyOf(left + 1) < this.#keyOf(left) ? left + 1 : left;
      if (this.#keyOf(least) >= this.#keyOf(at)) return;
      this.#swap(least, at);
      at = least;
    }
  }

  #keyOf(at: number): number {
    return this.#heap[at]?.key ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
