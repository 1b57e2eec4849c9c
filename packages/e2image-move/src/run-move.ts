import { resolve } from 'node:path';
import {
  EXIT,
  NO_PROGRESS,
  type Progress,
  processSignals,
  reasonOf,
  type SignalHost,
  say,
  startProgress,
  type World,
} from '@e2image/cli';
import { loadKernelCalls } from '@e2image/sparse-io';
import { dieOf, stepsUntilSignal } from './copy/interrupt.ts';
import type { UnreadableBlocks } from './copy/unreadable.ts';
import { isRightward, newPlace, type Range, shift } from './disk/geometry.ts';
import { createSideFile } from './homes/side-file.ts';
import type { OpenMove } from './plan/open-move.ts';
import type { OpenResume } from './plan/open-resume.ts';
import { resumeCommand } from './plan/resume-command.ts';
import type { MoveRecord } from './record/record.ts';
import { beginBeside, beginInside, type Journey, type MoveTask, sideFileBytes } from './run/begin-move.ts';
import { rangesOf } from './used/used-map.ts';

/** How a move is shown, and the policy for blocks that cannot be read. */
export interface RunOptions {
  readonly world: World;
  readonly isProgressWanted?: boolean;
  readonly unreadable: UnreadableBlocks;
  /** Writes into the new place, for a new move only: see `skipEqualBlocks`. */
  readonly writeData?: (bytes: Uint8Array, offset: number) => void;
  readonly host?: SignalHost;
}

/**
 * Run a move. Everything that can fail for lack of space is done before the file system is touched.
 *
 * @returns the exit status: 0, 3 when zeros were copied for unreadable blocks, 128 + n after a signal that did not end
 *   the process
 * @throws MoveError MOVE_UNREADABLE, MOVE_JOURNAL_EXISTS, system errors; once the file system is touched, the command
 *   that resumes is on standard error
 */
export async function runMove(plan: OpenMove, options: RunOptions): Promise<number> {
  const { device, task, journal } = plan;
  const { unreadable, writeData } = options;
  const kernel = await loadKernelCalls();
  const memory = (length: number): Uint8Array | undefined => device.directMemory(length, kernel);
  const hooks = { onUnreadable: unreadable.report, writeData, around: device.around, memory };
  if (journal === undefined) return await finish(beginInside(device, task, hooks), plan, options);
  using file = createSideFile(journal, sideFileBytes(task), kernel);
  let journey: Journey;
  try {
    if (!device.isBlockDevice) device.reserve(destinations(task), newPlace(task.move).to, kernel);
    journey = beginBeside(device, file, task, hooks);
  } catch (error) {
    file.remove();
    throw error;
  }
  return await finish(journey, plan, options);
}

/** The bytes that a move will write. Holes elsewhere stay holes. */
function* destinations({ map, move }: MoveTask): Generator<Range> {
  for (const range of rangesOf(map)) yield shift(range, move.destination);
}

/**
 * Finish an interrupted move.
 *
 * @returns the exit status, as `runMove`
 * @throws as `runMove`
 */
export async function runResume(plan: OpenResume, options: RunOptions): Promise<number> {
  return await finish(plan.journey, plan, options);
}

async function finish(
  { record, mover }: Journey,
  { device, journal }: Pick<OpenMove | OpenResume, 'device' | 'journal'>,
  { world, isProgressWanted = false, unreadable, host = processSignals }: RunOptions,
): Promise<number> {
  const hint = resumeCommand({ device: resolve(device.path), move: record, journal });
  const total = record.length / record.blockSize;
  const progress: Progress = isProgressWanted
    ? await startProgress(world, { total, unitSize: record.blockSize })
    : NO_PROGRESS;
  let at: MoveRecord | undefined = record;
  try {
    const signal = await stepsUntilSignal((isAskedToEnd) => {
      if (at === undefined || (isAskedToEnd && isStoppable(at))) return false;
      at = mover.step(at);
      progress.update(at === undefined ? total : blocksDone(at));
      return true;
    }, host);
    if (at === undefined) progress.finish(total);
    else stopped(at, { world, progress, hint });
    if (signal !== undefined) return dieOf(signal, host);
  } catch (error) {
    // A bug is reported as such; what it means for the record is unknown.
    if (reasonOf(error) !== undefined) stopped(at, { world, progress, hint });
    throw error;
  }
  return unreadable.count > 0 ? EXIT.incomplete : EXIT.done;
}

/** Before the superblock is held back there is nothing to resume; after the last batch little is left to do. */
const isStoppable = ({ state }: MoveRecord): boolean => state === 'copying' || state === 'logged';

/** Blocks, used or not, that the move has passed. */
const blocksDone = (record: MoveRecord): number =>
  Math.floor((isRightward(record) ? record.length - record.position : record.position) / record.blockSize);

function stopped(
  at: MoveRecord | undefined,
  { world, progress, hint }: { readonly world: World; readonly progress: Progress; readonly hint: string },
): void {
  progress.stop();
  const state = at?.state === 'done' ? 'only tidying up is left' : 'nothing can be mounted until it is';
  say(world, `the move is not finished, and ${state}; finish it with: ${hint}`);
}
