import { BlockSet, firstRunEndingAfter } from '../block-set/block-set.ts';
import type { BlockRun } from '../bytes/block-run.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';
import { type BlockKind, describeBlocks, type VisitRun } from './block-kind.ts';
import { walkBlocks, walkSteps } from './walk.ts';
import type { WalkOptions } from './walk-options.ts';

/**
 * The blocks that an image must contain.
 *
 * Under `compat` a block selects its whole cluster, as in C, and whole clusters are what it saves.
 *
 * @param into the set to add them to, returned. One that is cut when it is full has the lowest of them: the next ones
 *   are found by another walk, into a set from its `end` on
 * @throws ExtError EXT_TOO_LARGE when they do not fit in the set
 */
export function selectBlocks(fs: Filesystem, options: WalkOptions, into = new BlockSet()): BlockSet {
  const steps = selectSteps(fs, options, { into });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same in steps: see `walkSteps`.
 *
 * @param visit also called for each run, for callers that need both the set and the kinds
 */
export function* selectSteps(
  fs: Filesystem,
  options: WalkOptions,
  { into = new BlockSet(), visit }: { readonly into?: BlockSet; readonly visit?: VisitRun } = {},
): Generator<void, BlockSet> {
  const ratio = options.selection === 'compat' ? fs.superblock.clusterRatio : 1;
  const add = (start: number, end: number): void => {
    const from = start - (start % ratio);
    const to = Math.min(Math.ceil(end / ratio) * ratio, fs.blocksCount);
    into.add(from, to - from);
  };
  // Most runs begin where the last one ended, and need not be looked up.
  let from = 0;
  let to = 0;
  yield* walkSteps(fs, options, (kind, start, count, owner, logical) => {
    visit?.(kind, start, count, owner, logical);
    if (start === to) {
      to += count;
      return;
    }
    if (to > from) add(from, to);
    from = start;
    to = start + count;
  });
  if (to > from) add(from, to);
  return into;
}

/** A run of blocks and what it is, in words. */
export interface OwnedRun extends BlockRun {
  /** `inode table of group 7`; undefined for blocks that nothing owns. */
  readonly owner: string | undefined;
}

/**
 * Say what some blocks are, by walking again: the way without errors stores nothing of this.
 *
 * @param runs few, ascending and disjoint
 * @param limit pieces that are named; where there are more, some stay without an owner
 * @returns the same blocks, cut where the owner changes, ascending; the first owner met counts
 */
export function nameOwners(
  fs: Filesystem,
  options: WalkOptions,
  runs: readonly BlockRun[],
  limit = Infinity,
): OwnedRun[] {
  const named: OwnedRun[] = [];
  const open = [...runs];
  const quiet: WalkOptions = { ...options, onProblem: () => {} };
  walkBlocks(fs, quiet, (kind: BlockKind, start, count, owner) => {
    if (named.length >= limit) return;
    const end = start + count;
    for (let at = firstRunEndingAfter(open, start); ; ) {
      const run = open[at];
      if (run === undefined || run.start >= end) return;
      const from = Math.max(run.start, start);
      const to = Math.min(run.start + run.count, end);
      named.push({ start: from, count: to - from, owner: describeBlocks(kind, owner) });
      const rest: BlockRun[] = [];
      if (run.start < from) rest.push({ start: run.start, count: from - run.start });
      if (to < run.start + run.count) rest.push({ start: to, count: run.start + run.count - to });
      open.splice(at, 1, ...rest);
      // The rest of the run is next to the part that was named.
      at += rest.length;
    }
  });
  return [...named, ...open.map((run) => ({ ...run, owner: undefined }))].sort((a, b) => a.start - b.start);
}
