import type { Steps } from '../base/steps.ts';
import type { ImageInfo } from '../format/image-info.ts';
import { getRefcount } from '../format/refcount.ts';
import type { FindingSink } from './findings.ts';
import { type ReferenceCounter, WINDOW_CLUSTERS } from './reference-counter.ts';
import type { StoredRefcounts } from './stored-refcounts.ts';

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
  /** Last cluster that is referenced or has a refcount; -1: none. */
  readonly highest: number;
  /** The first cluster after the window that a stored block has a refcount for; Infinity: none. */
  readonly nextStored: number;
}

/** Report each cluster of the window whose stored refcount is not the counted one. */
export function* compareRefcounts(comparison: Comparison): Steps<Compared> {
  const { counter, stored, total } = comparison;
  const end = Math.min(counter.start + WINDOW_CLUSTERS, total);
  let highest = -1;
  for (let from = counter.start; from < end; ) {
    const perBlock = stored?.perBlock ?? 1;
    const index = Math.floor(from / perBlock);
    const absent = absentUntil(stored, index);
    const to = Math.min(end, Math.max(absent, index + 1) * perBlock);
    const block = absent > index ? undefined : yield* unseenBlock(comparison, index);
    if (block !== 'seen') highest = Math.max(highest, compareRange(comparison, { from, to, block }));
    from = to;
  }
  return { highest, nextStored: nextStored(comparison, end) };
}

/** The first block from `index` on that the table names; Infinity: none. */
function absentUntil(stored: StoredRefcounts | undefined, index: number): number {
  if (stored === undefined) return Number.POSITIVE_INFINITY;
  let named = index;
  while (named < stored.tableEntries && stored.blockOffset(named) === 0) named++;
  return named < stored.tableEntries ? named : Number.POSITIVE_INFINITY;
}

/** Block `index`, unless it was compared before under another index. */
function* unseenBlock({ stored, compared, counter }: Comparison, index: number): Steps<DataView | undefined | 'seen'> {
  if (stored === undefined) return undefined;
  const offset = stored.blockOffset(index);
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
  const perBlock = stored?.perBlock ?? 1;
  let highest = -1;
  for (let cluster = from; cluster < to; cluster++) {
    if (block === undefined) cluster = counter.nextUsed(cluster);
    if (cluster >= to) break;
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
