import type { ClusterRun } from '../base/cluster-runs.ts';
import { HALF, viewOf } from '../format/field.ts';
import type { Geometry } from '../format/geometry.ts';
import { fillRefcounts, refcountsPerBlock, setRefcount } from '../format/refcount.ts';
import { COPIED_HI, ENTRY_BYTES, setCompressedEntry, setEntry, tableEntryLayout } from '../format/table-entry.ts';
import type { FrontLayout } from './front-layout.ts';
import { REFCOUNT_ORDER } from './front-layout.ts';

/*
 * The tables of a new image, one cluster at a time. Every generator here yields the same buffer each time:
 * use the bytes before asking for the next. They need memory for one cluster, and time for each table and run.
 */

/** Host clusters `[start, start + count)` with the same number of references. */
export interface ReferenceRun extends ClusterRun {
  readonly references: number;
}

/** Offset of the low half of an entry. */
const LO = tableEntryLayout.lo.offset;

/** A stored guest cluster and where it is. */
export interface StoredCluster {
  /** Number of the guest cluster. */
  readonly guest: number;
  /** Byte of the image. */
  readonly offset: number;
  /** Bytes of the compressed stream; 0 for a cluster stored as it is. */
  readonly compressedLength: number;
}

/**
 * The clusters of the L1 table.
 *
 * @param tables which entries have an L2 table; the tables follow each other from `l2Offset` on
 */
export function* l1Clusters(tables: Iterable<ClusterRun>, layout: FrontLayout): Generator<Uint8Array> {
  const cluster = new Uint8Array(layout.clusterSize);
  const view = viewOf(cluster);
  const perCluster = layout.clusterSize / ENTRY_BYTES;
  let done = 0;
  let offset = layout.l2Offset;
  for (const { start, count } of tables) {
    for (let index = start; index < start + count; index++) {
      for (; index >= done + perCluster; done += perCluster) {
        yield cluster;
        cluster.fill(0);
      }
      setEntry(view, (index - done) * ENTRY_BYTES, offset, COPIED_HI);
      offset += layout.clusterSize;
    }
  }
  for (; done < layout.l1Entries; done += perCluster) {
    yield cluster;
    cluster.fill(0);
  }
}

/** The clusters of the refcount table, which names `blocks` blocks from `refcountBlocksOffset` on. */
export function* refcountTableClusters(blocks: number, layout: FrontLayout): Generator<Uint8Array> {
  const cluster = new Uint8Array(layout.clusterSize);
  const view = viewOf(cluster);
  const perCluster = layout.clusterSize / ENTRY_BYTES;
  for (let first = 0; first < layout.refcountTableClusters * perCluster; first += perCluster) {
    cluster.fill(0);
    for (let index = first; index < Math.min(first + perCluster, blocks); index++) {
      setEntry(view, (index - first) * ENTRY_BYTES, layout.refcountBlocksOffset + index * layout.clusterSize);
    }
    yield cluster;
  }
}

/** `blocks` refcount blocks. @param spans ascending and disjoint; clusters that none names are free */
export function* refcountBlockClusters(
  spans: Iterable<ReferenceRun>,
  blocks: number,
  clusterBits: number,
): Generator<Uint8Array> {
  const block = new Uint8Array(2 ** clusterBits);
  const view = viewOf(block);
  const perBlock = refcountsPerBlock(clusterBits, REFCOUNT_ORDER);
  let done = 0;
  for (const { start, count, references } of spans) {
    for (let cluster = start; cluster < start + count; ) {
      for (; cluster >= (done + 1) * perBlock; done++) {
        yield block;
        block.fill(0);
      }
      const from = cluster - done * perBlock;
      const to = Math.min(from + start + count - cluster, perBlock);
      if (references === 1) fillRefcounts(view, from, to, REFCOUNT_ORDER);
      else for (let index = from; index < to; index++) setRefcount(view, index, REFCOUNT_ORDER, references);
      cluster += to - from;
    }
  }
  for (; done < blocks; done++) {
    yield block;
    block.fill(0);
  }
}

/** The L2 tables of clusters that are stored as they are, one after the other from byte `dataOffset` on. */
export function* plainL2Clusters(
  runs: Iterable<ClusterRun>,
  dataOffset: number,
  { clusterSize, l2Entries }: Geometry,
): Generator<Uint8Array> {
  const table = new Uint8Array(clusterSize);
  const view = viewOf(table);
  let current = -1;
  let offset = dataOffset;
  for (const { start, count } of runs) {
    for (let guest = start; guest < start + count; ) {
      const index = Math.floor(guest / l2Entries);
      if (index !== current) {
        if (current >= 0) yield table;
        table.fill(0);
        current = index;
      }
      const slot = guest - index * l2Entries;
      const filled = Math.min(start + count - guest, l2Entries - slot);
      fillEntries(view, slot, filled, { offset, clusterSize });
      guest += filled;
      offset += filled * clusterSize;
    }
  }
  if (current >= 0) yield table;
}

/** Entries of `count` clusters in a row from slot `slot` on. In halves: this loop runs once per stored cluster. */
function fillEntries(
  view: DataView,
  slot: number,
  count: number,
  { offset, clusterSize }: { offset: number; clusterSize: number },
): void {
  let hi = Math.floor(offset / HALF);
  let lo = offset % HALF;
  const end = (slot + count) * ENTRY_BYTES;
  for (let at = slot * ENTRY_BYTES; at < end; at += ENTRY_BYTES) {
    view.setUint32(at, (hi | COPIED_HI) >>> 0);
    view.setUint32(at + LO, lo);
    lo += clusterSize;
    if (lo >= HALF) {
      lo -= HALF;
      hi++;
    }
  }
}

/** The L2 tables of `clusters`, which ascend in their guest numbers. */
export function* l2Clusters(clusters: Iterable<StoredCluster>, geometry: Geometry): Generator<Uint8Array> {
  const { clusterSize, clusterBits, l2Entries } = geometry;
  const table = new Uint8Array(clusterSize);
  const view = viewOf(table);
  let current = -1;
  for (const { guest, offset, compressedLength } of clusters) {
    const index = Math.floor(guest / l2Entries);
    if (index !== current) {
      if (current >= 0) yield table;
      table.fill(0);
      current = index;
    }
    const at = (guest - index * l2Entries) * ENTRY_BYTES;
    if (compressedLength === 0) setEntry(view, at, offset, COPIED_HI);
    else setCompressedEntry(view, at, { offset, length: compressedLength, clusterBits });
  }
  if (current >= 0) yield table;
}
