import { type Filesystem, isExtError, openFilesystem } from '@e2image/ext-core';
import { hasIncompat, primarySuperblockBlock } from '@e2image/ext-core/structures';
import { BlockSet, selectSteps, type WalkOptions } from '@e2image/ext-core/walk';
import type { OnScrambleProblem } from '../base/problem.ts';
import { type Classified, classify } from '../survey/classify.ts';
import { type JournalLog, type JournalState, readJournal, recoveredSource } from './journal-log.ts';

/** One state of the file system: as it is now, or as a replay of its journal would leave it. */
export interface JournalView {
  readonly fs: Filesystem;
  readonly classified: Classified;
}

/** The states of a file system that an image contains. */
export interface JournalViews {
  readonly device: JournalView;
  /** Undefined where a replay would change nothing, or the file system could not be opened after it. */
  readonly recovered: JournalView | undefined;
  readonly state: JournalState;
  /** Blocks that an image needs, of both states. */
  readonly selected: BlockSet;
}

/**
 * Find out what each block of a file system is, now and after a replay of its journal, in steps.
 *
 * @param walk which blocks are selected, and where problems of the walk are reported
 */
export function* readJournalViews(
  fs: Filesystem,
  walk: WalkOptions,
  onProblem?: OnScrambleProblem,
): Generator<void, JournalViews> {
  const quiet = { selection: walk.selection, allData: walk.allData };
  const complete = { ...quiet, selection: 'complete' } as const;
  const first = yield* classify(fs, walk);
  const state = readJournal(fs, first);
  if (state.kind === 'bad') {
    onProblem?.({ code: 'bad-journal', message: `the journal cannot be read and becomes zeros: ${state.reason}` });
  }
  const isEnough = walk.selection === 'complete' || needsNoMore(fs, state);
  const device: JournalView = { fs, classified: isEnough ? first : yield* classify(fs, complete) };
  const log = state.kind === 'log' && state.log.newest.size > 0 ? state.log : undefined;
  if (log === undefined) return { device, recovered: undefined, state, selected: first.selected };
  const recovered = yield* recover(fs, log, complete);
  if (recovered === undefined) {
    onProblem?.({ code: 'bad-journal', message: 'after a replay of the journal the file system could not be opened' });
    return { device, recovered, state, selected: first.selected };
  }
  const isComplete = walk.selection === 'complete';
  const after = isComplete ? recovered.classified.selected : yield* selectSteps(recovered.fs, quiet);
  return { device, recovered, state, selected: union(first.selected, after) };
}

/**
 * Whether it is enough to know the blocks that `compat` selects. It is not with copies in the journal, which may be of
 * other blocks; with values in inodes, on which hashes of attributes depend; and with clusters of several blocks.
 */
function needsNoMore({ superblock }: Filesystem, state: JournalState): boolean {
  const hasCopies = state.kind === 'log' && state.log.copies.size > 0;
  return !hasCopies && !hasIncompat(superblock, 'ea_inode') && superblock.clusterRatio === 1;
}

/** The file system after a replay; undefined when it cannot be opened then. */
function* recover(fs: Filesystem, log: JournalLog, walk: WalkOptions): Generator<void, JournalView | undefined> {
  try {
    const { superblockBlock, blockSize } = fs;
    const isPrimary = superblockBlock === primarySuperblockBlock(fs.superblock);
    const recovered = openFilesystem(recoveredSource(fs, log), isPrimary ? {} : { superblockBlock, blockSize });
    return { fs: recovered, classified: yield* classify(recovered, walk) };
  } catch (error) {
    if (!isExtError(error)) throw error;
    return undefined;
  }
}

function union(a: BlockSet, b: BlockSet): BlockSet {
  const both = new BlockSet();
  for (const set of [a, b]) for (const { start, count } of set.runs()) both.add(start, count);
  return both;
}
