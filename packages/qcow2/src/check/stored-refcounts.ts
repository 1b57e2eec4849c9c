import { LIMITS } from '../base/limits.ts';
import { type Lru, lru } from '../base/lru.ts';
import type { Steps } from '../base/steps.ts';
import { HALF, viewOf } from '../format/field.ts';
import type { ImageInfo } from '../format/image-info.ts';
import { getRefcount, refcountsPerBlock } from '../format/refcount.ts';
import { ENTRY_BYTES, REFCOUNT_RESERVED_LO, tableEntryLayout } from '../format/table-entry.ts';
import type { HostFile } from '../io/host-file.ts';
import { readHost, readTable } from '../io/host-file.ts';

/** Bytes of refcount blocks kept. */
const CACHED_BLOCKS = 8 * 1024 * 1024;

/** The refcounts as the image stores them. */
export interface StoredRefcounts {
  /** Clusters whose refcounts one block holds. */
  readonly perBlock: number;
  /** Entries of the refcount table. */
  readonly tableEntries: number;
  /** Host byte of block `index`; 0: no such block, and its refcounts are 0. */
  blockOffset(index: number): number;
  hasReservedBits(index: number): boolean;
  /** Block `index` when its offset is valid, else undefined. Valid until another block is asked for. */
  block(index: number): Steps<DataView | undefined>;
  /** The refcount of a cluster; 0 where the image stores none. */
  of(cluster: number): Steps<number>;
  /** As `of`, if no block must be read for it. */
  peek(cluster: number): number | undefined;
}

/**
 * Read the refcount table.
 *
 * @returns undefined when the header's fields for it are invalid or point outside the file
 */
export function* readStoredRefcounts(file: HostFile, info: ImageInfo): Steps<StoredRefcounts | undefined> {
  const { refcountTableOffset: offset, refcountTableClusters: clusters, refcountOrder: order } = info.header;
  const { clusterSize } = info;
  const length = clusters * clusterSize;
  if (clusters === 0 || length > LIMITS.refcountTable || offset === 0 || offset % clusterSize !== 0) return undefined;
  if (offset + length > file.source.size) return undefined;
  const table = viewOf(yield* readTable(file, length, offset, { what: 'refcount table' }));
  const blocks = lru<DataView>(CACHED_BLOCKS);
  const { hi, lo } = tableEntryLayout;
  const at = (index: number) =>
    hi.get(table, index * ENTRY_BYTES) * HALF + ((lo.get(table, index * ENTRY_BYTES) & ~REFCOUNT_RESERVED_LO) >>> 0);
  const perBlock = refcountsPerBlock(info.header.clusterBits, order);
  const tableEntries = length / ENTRY_BYTES;
  const block = (index: number) => readBlock(file, { offset: at(index), clusterSize, blocks });
  // The block used last: neighbours of a run ask for the same one.
  let last: { index: number; view: DataView | undefined } = { index: -1, view: undefined };
  const inLast = (cluster: number) => (last.view === undefined ? 0 : getRefcount(last.view, cluster % perBlock, order));
  return {
    perBlock,
    tableEntries,
    blockOffset: at,
    hasReservedBits: (index) => (lo.get(table, index * ENTRY_BYTES) & REFCOUNT_RESERVED_LO) !== 0,
    block,
    peek: (cluster) => (Math.floor(cluster / perBlock) === last.index ? inLast(cluster) : undefined),
    *of(cluster) {
      const index = Math.floor(cluster / perBlock);
      if (index >= tableEntries) return 0;
      if (index !== last.index) last = { index, view: yield* block(index) };
      return inLast(cluster);
    },
  };
}

function* readBlock(
  file: HostFile,
  { offset, clusterSize, blocks }: { offset: number; clusterSize: number; blocks: Lru<DataView> },
): Steps<DataView | undefined> {
  if (offset === 0 || offset % clusterSize !== 0 || offset >= file.source.size) return undefined;
  const key = `${offset}`;
  const cached = blocks.get(key);
  if (cached !== undefined) return cached;
  const bytes = new Uint8Array(clusterSize);
  yield* readHost(file, bytes, offset, { what: 'refcount block', clusterSize });
  const view = viewOf(bytes);
  blocks.set(key, view, clusterSize);
  return view;
}
