import type { BlockRun, BlockSet } from '@e2image/ext-core';
import type { Mapfile, MapRange, MapStatus } from '@e2image/sparse-io';

/** How the blocks of a source fared. */
export interface RescuedBlocks {
  readonly read: BlockSet;
  /** Ascending and disjoint. */
  readonly unread: readonly BlockRun[];
}

/**
 * The ddrescue map of an image: read, failed, and not tried, which is what the image does not hold at all.
 *
 * Costs one step per run of blocks.
 */
export function mapOfBlocks({ read, unread }: RescuedBlocks, fs: { blockSize: number; blocksCount: number }): Mapfile {
  const marks: { at: number; status: MapStatus; end: number }[] = [
    ...[...read.runs()].map(({ start, count }) => ({ at: start, end: start + count, status: '+' as const })),
    ...unread.map(({ start, count }) => ({ at: start, end: start + count, status: '-' as const })),
  ];
  const ranges: MapRange[] = [];
  const push = (from: number, to: number, status: MapStatus): void => {
    if (from >= to) return;
    const last = ranges.at(-1);
    const offset = from * fs.blockSize;
    const length = (to - from) * fs.blockSize;
    if (last?.status === status) ranges[ranges.length - 1] = { ...last, length: last.length + length };
    else ranges.push({ offset, length, status });
  };
  // What failed is part of what was asked for: it cuts the runs that were read.
  let done = 0;
  const bad = marks.filter(({ status }) => status === '-').sort((a, b) => a.at - b.at);
  const good = marks.filter(({ status }) => status === '+').sort((a, b) => a.at - b.at);
  for (const { at, end, status } of [...cut(good, bad), ...bad].sort((a, b) => a.at - b.at)) {
    push(done, at, '?');
    push(Math.max(done, at), end, status);
    done = Math.max(done, end);
  }
  push(done, fs.blocksCount, '?');
  const isFinished = bad.length === 0;
  return { currentOffset: 0, currentStatus: isFinished ? '+' : '-', currentPass: 1, ranges };
}

type Mark = { at: number; status: MapStatus; end: number };

/** `good` without `bad`; both ascending and disjoint. */
function cut(good: readonly Mark[], bad: readonly Mark[]): Mark[] {
  const rest: Mark[] = [];
  let first = 0;
  for (const { at, end, status } of good) {
    while (first < bad.length && (bad[first]?.end ?? 0) <= at) first++;
    let from = at;
    for (let i = first; i < bad.length && (bad[i]?.at ?? end) < end; i++) {
      const hole = bad[i];
      if (hole === undefined) break;
      if (hole.at > from) rest.push({ at: from, end: hole.at, status });
      from = Math.max(from, hole.end);
    }
    if (from < end) rest.push({ at: from, end, status });
  }
  return rest;
}
