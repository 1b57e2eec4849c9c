import { type ReferenceCounter, WINDOW_CLUSTERS } from './check-counter.ts';
import type { FindingSink } from './check-findings.ts';
import type { ImageInfo } from './image-info.ts';
import { getRefcount } from './refcount.ts';
import type { Steps } from './steps.ts';
import type { StoredRefcounts } from './stored-refcounts.ts';

/** Clusters compared at once where there is no refcount block: as many as the counter keeps together. */
const STRIDE = 4096;

/** Compare the refcounts of the counter's window with the stored ones. */
export interface Comparison {
  readonly counter: ReferenceCounter;
  readonly stored: StoredRefcounts | undefined;
  readonly info: ImageInfo;
  /** Clusters of the file. */
  readonly total: number;
  readonly sink: FindingSink;
  /** Places of the blocks that were compared: one that is named again was reported by its own refcount. */
  readonly compared: Set<number>;
}

/** What a comparison saw besides findings. */
export interface Compared {
  /** Last cluster in use or said to be; -1: none. */
  readonly highest: number;
  /** The first cluster behind the window that a stored block tells of; Infinity: none. */
  readonly nextStored: number;
}

/** Report each cluster of the window whose stored refcount is not the counted one. */
export function* compareRefcounts(comparison: Comparison): Steps<Compared> {
  const { counter, stored, total } = comparison;
  const end = Math.min(counter.start + WINDOW_CLUSTERS, total);
  const perBlock = stored?.perBlock ?? STRIDE;
  let highest = -1;
  for (let from = counter.start; from < end; ) {
    const index = Math.floor(from / perBlock);
    const to = Math.min(end, (index + 1) * perBlock);
    const block = yield* unseenBlock(comparison, index);
    if (block !== 'seen') highest = Math.max(highest, compareRange(comparison, { from, to, block }));
    from = to;
  }
  return { highest, nextStored: nextStored(comparison, end) };
}

function* unseenBlock({ stored, compared, counter }: Comparison, index: number): Steps<DataView | undefined | 'seen'> {
  if (stored === undefined || index >= stored.tableEntries) return undefined;
  const offset = stored.blockOffset(index);
  if (offset === 0) return undefined;
  // A block that reaches across the window's start was begun with the window before.
  const isContinued = index * stored.perBlock < counter.start;
  if (compared.has(offset) && !isContinued) return 'seen';
  compared.add(offset);
  return yield* stored.block(index);
}

/** @returns the last cluster in use, -1: none */
function compareRange(
  { counter, stored, info, sink }: Comparison,
  { from, to, block }: { from: number; to: number; block: DataView | undefined },
): number {
  const { refcountOrder } = info.header;
  const perBlock = stored?.perBlock ?? STRIDE;
  let highest = -1;
  for (let cluster = from; cluster < to; cluster++) {
    if (block === undefined && cluster % STRIDE === 0 && !counter.mayHaveAny(cluster, cluster + 1)) {
      cluster += STRIDE - 1;
      continue;
    }
    const found = block === undefined ? 0 : getRefcount(block, cluster % perBlock, refcountOrder);
    const expected = counter.count(cluster);
    if (found > 0 || expected > 0) highest = cluster;
    if (found !== expected) report(sink, { cluster, found, expected, hostOffset: cluster * info.clusterSize });
  }
  return highest;
}

function report(
  sink: FindingSink,
  { cluster, found, expected, hostOffset }: { cluster: number; found: number; expected: number; hostOffset: number },
): void {
  const kind = found > expected ? 'leak' : 'corruption';
  const message = `cluster ${cluster}: refcount ${found}, ${expected} references`;
  sink.report({ kind, what: 'refcount', message, hostOffset, found, expected });
}

function nextStored({ stored, compared }: Comparison, end: number): number {
  if (stored === undefined) return Number.POSITIVE_INFINITY;
  for (let index = Math.floor(end / stored.perBlock); index < stored.tableEntries; index++) {
    const offset = stored.blockOffset(index);
    if (offset !== 0 && !compared.has(offset)) return Math.max(end, index * stored.perBlock);
  }
  return Number.POSITIVE_INFINITY;
}
