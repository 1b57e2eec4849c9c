import { Qcow2Error } from '../base/errors.ts';
import { type Codec, loadCodec } from '../codec/codec.ts';
import { viewOf } from '../format/field.ts';
import { type Geometry, geometryOf } from '../format/geometry.ts';
import { COMPRESSION, type Qcow2Header } from '../format/header.ts';
import { type L2Rules, l1Fault } from '../format/l2-runs.ts';
import { entryOffset, tableEntryLayout } from '../format/table-entry.ts';
import { ChunkReader } from '../io/chunk-reader.ts';
import { Turn } from '../io/turn.ts';
import { ClusterRing, type PassingCluster } from './cluster-ring.ts';
import { type Expected, ExpectedClusters, lastClusterOf } from './expected-clusters.ts';
import { ExpectedOffsets } from './expected-offsets.ts';
import { GuestOrder, StoredGuests } from './guest-order.ts';
import { GuestPieces, type OnData } from './guest-pieces.ts';
import { HeldClusters, type HoldOptions } from './held-clusters.ts';
import { streamEntries } from './stream-entries.ts';
import { cannotStream, truncated } from './stream-errors.ts';
import { readStreamHeader, type StreamHeader } from './stream-header.ts';
import { StreamRefcounts } from './stream-refcounts.ts';

export interface StreamReadOptions extends HoldOptions {
  /** Called with the sizes from the header, before any data. */
  readonly onHeader?: (header: StreamHeader) => void | Promise<void>;
  /** Called with the data, in the order in which it arrives. Bytes that it is never called with read as zeros. */
  readonly onData: OnData;
  /**
   * Set it to get the data in the disk's order, if possible. Called before any data: `guest` when all tables come first,
   * as in images of `writePlain` and most others; `image` when data comes before tables, so that its order is not known.
   */
  readonly onOrder?: (order: 'guest' | 'image') => void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Refuse larger virtual disks, in bytes. */
  readonly maxVirtualSize?: number;
}

/** What was read from a stream. */
export interface StreamReport extends StreamHeader {
  /** Bytes of the image file. */
  readonly imageBytes: number;
  /** Guest bytes passed to `onData`. */
  readonly dataBytes: number;
  /** The most bytes held back in memory at a time. */
  readonly heldBytes: number;
  /** Bytes that went to the spool. */
  readonly spooledBytes: number;
}

/**
 * Read an image from a stream that delivers each byte once, in order: a pipe.
 *
 * A host cluster is passed on when it arrives, if the tables that map it came before. Others are held back: all that
 * might be data, or a table that is not known yet. The refcounts, which are usually stored before what they count,
 * show which clusters are free, and when the last reference to a held cluster was followed. An image whose tables come
 * first needs nothing held back.
 *
 * @throws Qcow2Error as `openQcow2` for what is damaged or not supported; QCOW2_TRUNCATED when the stream ends before
 *   everything that the tables name has come; QCOW2_CANNOT_STREAM for a backing file, an external data file, extended L2
 *   entries, more to hold back than fits, or refcounts that are too low
 */
export async function readStreamed(
  chunks: AsyncIterable<Uint8Array>,
  options: StreamReadOptions,
): Promise<StreamReport> {
  const turn = new Turn(options.signal);
  const stream = new ChunkReader(chunks);
  try {
    const { header, first } = await readStreamHeader(stream, options);
    const isZstd = header.compressionType === COMPRESSION.zstd;
    const reader = new StreamReader(header, await loadCodec(isZstd ? 'zstd' : 'zlib'), options);
    const { virtualSize } = header;
    await options.onHeader?.({ virtualSize, clusterSize: first.length });
    await reader.run(stream, first, turn);
    return { virtualSize, clusterSize: first.length, imageBytes: stream.size, ...reader.counts() };
  } finally {
    await stream.close();
  }
}

class StreamReader {
  readonly #header: Qcow2Header;
  readonly #geometry: Geometry;
  readonly #rules: L2Rules;
  readonly #codec: Codec;
  readonly #ring: ClusterRing;
  readonly #held: HeldClusters;
  readonly #pieces: GuestPieces;
  readonly #expected: ExpectedClusters;
  readonly #refcounts: StreamRefcounts;
  /** Where L2 tables are, with their L1 indexes; complete when the L1 table has passed. */
  readonly #tables = new ExpectedOffsets();
  #l1Left: number;
  readonly #onOrder: StreamReadOptions['onOrder'];
  /** Until the order is reported: the guest clusters of the tables so far. */
  #guests: StoredGuests | undefined;
  #order: GuestOrder | undefined;

  constructor(header: Qcow2Header, codec: Codec, options: StreamReadOptions) {
    this.#header = header;
    this.#geometry = geometryOf({ clusterBits: header.clusterBits, extendedL2: false });
    this.#rules = { geometry: this.#geometry, version: header.version, hasDataFile: false, reserved: 'error' };
    this.#codec = codec;
    const { clusterSize, l2Entries } = this.#geometry;
    this.#ring = new ClusterRing(clusterSize);
    this.#held = new HeldClusters(clusterSize, options);
    this.#pieces = new GuestPieces(clusterSize, options.onData);
    this.#expected = new ExpectedClusters(clusterSize, l2Entries);
    this.#refcounts = new StreamRefcounts(header);
    this.#l1Left = header.l1Entries;
    this.#onOrder = options.onOrder;
    this.#guests = options.onOrder === undefined ? undefined : new StoredGuests();
  }

  counts() {
    return {
      dataBytes: this.#pieces.bytes,
      heldBytes: this.#held.maxInMemory,
      spooledBytes: this.#held.spooled,
    };
  }

  async run(stream: ChunkReader, first: Uint8Array, turn: Turn): Promise<void> {
    this.#ring.slot.set(first);
    let index = 0;
    await this.#pass(index, first.length);
    for (;;) {
      const slot = this.#ring.slot;
      const filled = await stream.fill(slot);
      if (filled === 0) break;
      await this.#pass(++index, filled);
      await turn.take();
      if (filled < slot.length) break;
    }
    await this.#finish(index);
  }

  /** Whether a table may still come that maps what has passed. */
  get #isMapOpen(): boolean {
    return this.#l1Left > 0 || this.#tables.left > 0;
  }

  /** Cluster `index` is in the ring's slot, as far as it came. */
  async #pass(index: number, length: number): Promise<void> {
    const { current, out } = this.#ring.push(index, length);
    if (out !== undefined && this.#isMapOpen) await this.#hold(out);
    if (index === 0) current.used = Number.POSITIVE_INFINITY;
    if (this.#isMapOpen) {
      this.#refcounts.pass(current);
      await this.#readL1(current);
      if (this.#l1Left === 0) await this.#readTables(current);
      if (!this.#isMapOpen) this.#held.clear();
    }
    if (this.#guests !== undefined && !this.#isMapOpen) await this.#reportOrder('guest');
    for (;;) {
      const entry = this.#expected.take(index);
      if (entry === undefined) break;
      await this.#deliver(entry);
    }
  }

  /** A cluster leaves the ring: hold it, unless no further reference to it can come. */
  async #hold({ index, bytes, used }: PassingCluster): Promise<void> {
    const left = (this.#refcounts.get(index) ?? Number.POSITIVE_INFINITY) - used;
    if (left > 0) await this.#held.add(index, bytes, left);
  }

  async #readL1(current: PassingCluster): Promise<void> {
    const { clusterSize } = this.#geometry;
    const { l1Offset, l1Entries } = this.#header;
    const into = current.index * clusterSize - l1Offset;
    if (into < 0 || into >= l1Entries * 8) return;
    current.used = Number.POSITIVE_INFINITY;
    const size = Math.min(clusterSize, l1Entries * 8 - into);
    // Data may end inside the last cluster of the file; of a table that is a lost part, not zeros.
    if (current.length < size) throw truncated('the L1 table', l1Offset);
    const view = viewOf(current.bytes);
    for (let at = 0; at < size; at += 8) {
      const hi = tableEntryLayout.hi.get(view, at);
      const lo = tableEntryLayout.lo.get(view, at);
      const offset = entryOffset(hi, lo);
      const reason = offset === 0 ? '' : l1Fault(hi, lo, this.#rules);
      if (reason !== '') throw new Qcow2Error('QCOW2_CORRUPT', `L1 entry ${(into + at) / 8}: ${reason}`);
      if (offset > 0) this.#tables.add(offset, (into + at) / 8);
      this.#l1Left--;
    }
    if (this.#l1Left > 0) return;
    this.#tables.sort();
    // A small file could otherwise have one table read millions of times.
    const repeated = this.#tables.repeated;
    if (repeated !== undefined) throw cannotStream(`the L2 table at host byte ${repeated} is used twice`, repeated);
  }

  /** Read the L2 tables that are here, or have passed before the L1 table came. */
  async #readTables(current: PassingCluster): Promise<void> {
    const { clusterSize } = this.#geometry;
    const here = current.index * clusterSize;
    for (let table = this.#tables.take(here); table !== undefined; table = this.#tables.take(here)) {
      const bytes = await this.#passed(table.offset / clusterSize);
      if (table.offset === here) {
        current.used = Number.POSITIVE_INFINITY;
        if (current.length < clusterSize) throw truncated('an L2 table', here);
      }
      // A copy: delivering from what is held may move it.
      await this.#readTable(table.value, bytes.slice(), current.index);
    }
  }

  async #readTable(l1Index: number, bytes: Uint8Array, currentIndex: number): Promise<void> {
    const { clusterSize } = this.#geometry;
    const entries = streamEntries(bytes, { l1Index, virtualSize: this.#header.virtualSize }, this.#rules);
    const ahead: Expected[] = [];
    for (const entry of entries) {
      this.#guests?.add(entry.guest);
      if (lastClusterOf(entry.offset, entry.compressedSpan, clusterSize) > currentIndex) ahead.push(entry);
      else await this.#deliver(entry);
    }
    this.#expected.addTable(ahead);
  }

  /** Pass on a guest cluster whose host clusters have all arrived. */
  async #deliver({ guest, offset, compressedSpan }: Expected): Promise<void> {
    const { clusterSize } = this.#geometry;
    const guestOffset = guest * clusterSize;
    const length = Math.min(clusterSize, this.#header.virtualSize - guestOffset);
    const bytes =
      compressedSpan === 0
        ? await this.#passed(offset / clusterSize)
        : await this.#inflate(guestOffset, offset, compressedSpan);
    if (this.#guests !== undefined) await this.#reportOrder('image');
    await (this.#order ?? this.#pieces).put(length === bytes.length ? bytes : bytes.subarray(0, length), guestOffset);
  }

  /** Report the order before the first data, once. */
  async #reportOrder(order: 'guest' | 'image'): Promise<void> {
    const known = this.#guests?.known;
    if (this.#guests === undefined) return;
    this.#guests = undefined;
    const isGuest = order === 'guest' && known !== undefined;
    if (isGuest) {
      const put = (bytes: Uint8Array, offset: number) => this.#pieces.put(bytes, offset);
      this.#order = new GuestOrder(known, this.#geometry.clusterSize, put);
    }
    await this.#onOrder?.(isGuest ? 'guest' : 'image');
  }

  async #inflate(guestOffset: number, offset: number, span: number): Promise<Uint8Array> {
    const { clusterSize } = this.#geometry;
    const compressed = await this.#span(offset, span);
    const bytes = this.#codec.decompressSync(compressed, clusterSize);
    if (bytes !== undefined) return bytes;
    const message = `bad compressed cluster at guest byte ${guestOffset}, host byte ${offset}`;
    throw new Qcow2Error('QCOW2_BAD_CLUSTER', message, { detail: { guestOffset, hostOffset: offset, length: span } });
  }

  /** `length` bytes from host byte `offset` on, out of clusters that have come. */
  async #span(offset: number, length: number): Promise<Uint8Array> {
    const { clusterSize } = this.#geometry;
    const first = Math.floor(offset / clusterSize);
    const from = offset - first * clusterSize;
    if (from + length <= clusterSize) return (await this.#passed(first)).subarray(from, from + length);
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const at = offset + filled;
      const index = Math.floor(at / clusterSize);
      const cluster = await this.#passed(index);
      const part = cluster.subarray(at - index * clusterSize, at - index * clusterSize + length - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** The bytes of a cluster that has passed; counts as one use of it. */
  async #passed(index: number): Promise<Uint8Array> {
    const recent = this.#ring.get(index);
    if (recent !== undefined) {
      recent.used++;
      return recent.bytes;
    }
    const held = await this.#held.take(index);
    if (held !== undefined) return held;
    const offset = index * this.#geometry.clusterSize;
    throw cannotStream(`the cluster at host byte ${offset} is mapped more often than its refcount says`, offset);
  }

  /** The stream has ended with cluster `index`. */
  async #finish(index: number): Promise<void> {
    const { clusterSize } = this.#geometry;
    const end = (index + 1) * clusterSize;
    if (this.#l1Left > 0) throw truncated('the L1 table', this.#header.l1Offset);
    const missing = this.#tables.nextOffset;
    if (missing !== undefined) throw truncated('an L2 table', missing);
    // The last sectors of a compressed cluster may be past the end of the file; they read as zeros.
    for (let past = index + 1; ; past++) {
      const entry = this.#expected.take(past);
      if (entry === undefined) break;
      if (entry.compressedSpan === 0 || entry.offset >= end) throw truncated('data', entry.offset);
      await this.#deliver({ ...entry, compressedSpan: end - entry.offset });
    }
    if (this.#expected.next !== undefined) throw truncated('data', this.#expected.next * clusterSize);
    await this.#pieces.flush();
  }
}
