import { type BlockRun, BlockSet } from './block-set.ts';
import type { Filesystem } from './filesystem.ts';
import { type BlockKind, describeBlocks, type VisitRun, type WalkOptions, walkBlocks, walkSteps } from './walk.ts';

/**
 * The blocks that an image must contain.
 *
 * Under `compat` a block selects its whole cluster, as in C, and whole clusters are what it saves.
 */
export function selectBlocks(fs: Filesystem, options: WalkOptions): BlockSet {
  const steps = selectSteps(fs, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same in steps: see `walkSteps`.
 *
 * @param visit told each run as well, for who wants to know both which blocks they are and what
 */
export function* selectSteps(fs: Filesystem, options: WalkOptions, visit?: VisitRun): Generator<void, BlockSet> {
  const set = new BlockSet();
  // Files lie behind one another: most runs only go on where the last one ended, and need not be looked up.
  let from = 0;
  let to = 0;
  yield* walkSteps(fs, options, (kind, start, count, owner, logical) => {
    visit?.(kind, start, count, owner, logical);
    if (start === to) {
      to += count;
      return;
    }
    if (to > from) set.add(from, to - from);
    from = start;
    to = start + count;
  });
  if (to > from) set.add(from, to - from);
  const { clusterRatio } = fs.superblock;
  return options.selection === 'compat' && clusterRatio > 1 ? wholeClusters(set, clusterRatio, fs.blocksCount) : set;
}

function wholeClusters(set: BlockSet, ratio: number, blocksCount: number): BlockSet {
  const clusters = new BlockSet();
  for (const { start, count } of set.runs()) {
    const from = start - (start % ratio);
    const to = Math.min(Math.ceil((start + count) / ratio) * ratio, blocksCount);
    clusters.add(from, to - from);
  }
  return clusters;
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
 * @returns the same blocks, cut where the owner changes, ascending; the first owner met counts
 */
export function nameOwners(fs: Filesystem, options: WalkOptions, runs: readonly BlockRun[]): OwnedRun[] {
  const named: OwnedRun[] = [];
  const open = [...runs];
  const quiet: WalkOptions = { ...options, onProblem: () => {} };
  walkBlocks(fs, quiet, (kind: BlockKind, start, count, owner) => {
    const end = start + count;
    for (let at = firstBehind(open, start); ; ) {
      const run = open[at];
      if (run === undefined || run.start >= end) return;
      const from = Math.max(run.start, start);
      const to = Math.min(run.start + run.count, end);
      named.push({ start: from, count: to - from, owner: describeBlocks(kind, owner) });
      const rest: BlockRun[] = [];
      if (run.start < from) rest.push({ start: run.start, count: from - run.start });
      if (to < run.start + run.count) rest.push({ start: to, count: run.start + run.count - to });
      open.splice(at, 1, ...rest);
      // What is left of the run lies beside what was named.
      at += rest.length;
    }
  });
  return [...named, ...open.map((run) => ({ ...run, owner: undefined }))].sort((a, b) => a.start - b.start);
}

/** Index of the first run that ends behind block `block`: a walk tells of many more runs than any of these meets. */
function firstBehind(runs: readonly BlockRun[], block: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const run = runs[middle];
    if (run !== undefined && run.start + run.count > block) high = middle;
    else low = middle + 1;
  }
  return low;
}
