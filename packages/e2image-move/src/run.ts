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
import type { MovePlan } from './plan/plan.ts';
import { resumeCommand } from './plan/resume-command.ts';
import type { ResumePlan } from './plan/resume-plan.ts';
import type { MoveRecord } from './record/record.ts';
import { beginBeside, beginInside, type Journey, type MoveTask, sideFileBytes } from './run/begin.ts';
import { rangesOf } from './used/used-map.ts';

/** Who watches a move, and what about blocks that cannot be read. */
export interface RunOptions {
  readonly world: World;
  readonly isProgressWanted?: boolean;
  readonly unreadable: UnreadableBlocks;
  /** Writes into the new place, for a new move only: see `skipEqualBlocks`. */
  readonly writeData?: (bytes: Uint8Array, offset: number) => void;
  readonly host?: SignalHost;
}

/**
 * Move as planned. All that can fail for lack of space happens before the file system is touched.
 *
 * @returns the exit status: 0, 3 when zeros were copied for unreadable blocks, 128 + n after a signal that did not end
 *   the process
 * @throws MoveError MOVE_UNREADABLE, MOVE_JOURNAL_EXISTS, system errors; once the file system is touched standard error
 *   has the command that resumes
 */
export async function runMove(plan: MovePlan, options: RunOptions): Promise<number> {
  const { device, task, journal } = plan;
  const { unreadable, writeData } = options;
  const kernel = await loadKernelCalls();
  const memory = (length: number): Uint8Array | undefined => device.directMemory(length, kernel);
  const hooks = { onUnreadable: unreadable.tell, writeData, around: device.around, memory };
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

/** Where a move will write: what is not in use stays a hole, if it is one. */
function* destinations({ map, move }: MoveTask): Generator<Range> {
  for (const range of rangesOf(map)) yield shift(range, move.destination);
}

/**
 * Finish an interrupted move.
 *
 * @returns the exit status, as `runMove`
 * @throws as `runMove`
 */
export async function runResume(plan: ResumePlan, options: RunOptions): Promise<number> {
  return await finish(plan.journey, plan, options);
}

async function finish(
  { record, mover }: Journey,
  { device, journal }: Pick<MovePlan | ResumePlan, 'device' | 'journal'>,
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
    // A bug says so itself, and says nothing of the state of the record.
    if (reasonOf(error) !== undefined) stopped(at, { world, progress, hint });
    throw error;
  }
  return unreadable.count > 0 ? EXIT.incomplete : EXIT.done;
}

/** Before the superblock is held back there is nothing to resume, and after the last batch little is left to do. */
const isStoppable = ({ state }: MoveRecord): boolean => state === 'copying' || state === 'logged';

/** Positions behind the move, used or not, in blocks. */
const blocksDone = (record: MoveRecord): number =>
  Math.floor((isRightward(record) ? record.length - record.position : record.position) / record.blockSize);

function stopped(
  at: MoveRecord | undefined,
  { world, progress, hint }: { readonly world: World; readonly progress: Progress; readonly hint: string },
): void {
  progress.stop();
  const state = at?.state === 'done' ? 'only tidying up is left' : 'nothing mounts until it is';
  say(world, `the move is not finished, and ${state}; finish it with: ${hint}`);
}
