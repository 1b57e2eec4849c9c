import { LIMITS } from '../base/limits.ts';
import { hasFeature, INCOMPATIBLE } from '../format/features.ts';
import { viewOf } from '../format/field.ts';
import type { Qcow2Header } from '../format/header.ts';
import { ENTRY_BYTES, entryOffset, tableEntryLayout } from '../format/table-entry.ts';
import type { PassingCluster } from './cluster-ring.ts';
import { ExpectedOffsets } from './expected-offsets.ts';
import { KnownRefcounts } from './known-refcounts.ts';

/** Reads the refcounts of an image as they pass by. */
export class StreamRefcounts {
  readonly #header: Qcow2Header;
  readonly #clusterSize: number;
  readonly #known: KnownRefcounts;
  /** Where blocks are, with their numbers. */
  readonly #blocks = new ExpectedOffsets();

  constructor(header: Qcow2Header) {
    this.#header = header;
    this.#clusterSize = 2 ** header.clusterBits;
    this.#known = new KnownRefcounts(header.clusterBits, header.refcountOrder);
  }

  /** The refcount of a cluster; undefined: not known. Ask in ascending order. */
  get(cluster: number): number | undefined {
    return this.#known.get(cluster);
  }

  /** Read a cluster if it is a refcount table or block, and mark it: it will not be needed again. */
  pass(current: PassingCluster): void {
    const offset = current.index * this.#clusterSize;
    const into = offset - this.#header.refcountTableOffset;
    const tableSize = this.#header.refcountTableClusters * this.#clusterSize;
    // What QEMU would refuse is not remembered either: its counts are unknown, then.
    if (into >= 0 && into < tableSize && tableSize <= LIMITS.refcountTable) {
      this.#readTable(current, into);
      if (into === tableSize - this.#clusterSize) this.#blocks.sort();
    }
    // Those of an image that was not closed may be stale.
    let isWanted = !hasFeature(this.#header.incompatible, INCOMPATIBLE.dirty);
    for (let block = this.#blocks.take(offset); block !== undefined; block = this.#blocks.take(offset)) {
      if (block.offset !== offset) continue;
      current.used = Number.POSITIVE_INFINITY;
      if (isWanted) this.#known.add(block.value, current.bytes);
      // Once: a small file could otherwise have one block read a million times.
      isWanted = false;
    }
  }

  #readTable(current: PassingCluster, into: number): void {
    current.used = Number.POSITIVE_INFINITY;
    const view = viewOf(current.bytes);
    for (let at = 0; at < this.#clusterSize; at += ENTRY_BYTES) {
      const block = entryOffset(tableEntryLayout.hi.get(view, at), tableEntryLayout.lo.get(view, at));
      if (block > current.index * this.#clusterSize) this.#blocks.add(block, (into + at) / ENTRY_BYTES);
    }
  }
}
