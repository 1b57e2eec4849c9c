import { commandMain, EXIT, type Parsed, realMounts, say, usageError, type World } from '@e2image/cli';
import { loadKernelCalls } from '@e2image/sparse-io';
import { numbersOf, TABLE } from './args.ts';
import { skipEqualBlocks } from './copy/equal-blocks.ts';
import { STOP_AT_UNREADABLE, zeroUnreadable } from './copy/unreadable.ts';
import { planText } from './dry-run.ts';
import { type MoveRequest, planMove } from './plan/plan.ts';
import { planResume, type ResumeRequest } from './plan/resume-plan.ts';
import { runMove, runResume } from './run.ts';

/** Run the command. @returns the exit status */
export const main = commandMain({
  table: TABLE,
  version: '0.0.0',
  run: (parsed, world) => (parsed.flag('resume') ? resume(parsed, world) : move(parsed, world)),
});

async function move(parsed: Parsed<typeof TABLE>, world: World): Promise<number> {
  const { device, from, to } = numbersOf(parsed);
  if (from === undefined && to === undefined) throw usageError('give -o, -O or both: from where, and to where');
  const request: MoveRequest = {
    device,
    from: from ?? 0,
    to: to ?? 0,
    journal: parsed.value('journal'),
    isForced: parsed.flag('force'),
    isDryRun: parsed.flag('dryRun'),
  };
  const isProgressWanted = parsed.flag('progress');
  return await moveInPlace(request, world, { isProgressWanted, areUnreadableZeroed: parsed.flag('zeroUnreadable') });
}

/** How a move is shown and copied. */
export interface MoveOptions {
  readonly isProgressWanted?: boolean;
  /** Zeros take the place of blocks that cannot be read; default: the first one stops the move. */
  readonly areUnreadableZeroed?: boolean;
  /** Blocks that are in the new place already are not written; their number goes to standard output, as the C tool's. */
  readonly isCompared?: boolean;
}

/**
 * Plan a move, tell of it, and do it unless it is a dry run: the whole command behind its spelling.
 *
 * @returns the exit status
 * @throws as `planMove` and `runMove`
 */
export async function moveInPlace(
  request: MoveRequest,
  world: World,
  { isProgressWanted = false, areUnreadableZeroed = false, isCompared = false }: MoveOptions = {},
): Promise<number> {
  using plan = await planMove(request, world);
  if (request.isDryRun === true) {
    world.stdout(planText(plan));
    return EXIT.done;
  }
  for (const note of plan.notes) say(world, note);
  say(world, `the record of the move is ${plan.journal ?? 'inside the device'}`);
  const unreadable = areUnreadableZeroed ? zeroUnreadable(world) : STOP_AT_UNREADABLE;
  const equal = isCompared ? skipEqualBlocks(plan.device, plan.task.blockSize) : undefined;
  const writeData = equal && ((bytes: Uint8Array, offset: number): void => equal.write(bytes, offset));
  const status = await runMove(plan, { world, unreadable, isProgressWanted, ...(writeData && { writeData }) });
  if (equal !== undefined) world.stdout(`${equal.count} blocks already contained the data to be copied\n`);
  return status;
}

async function resume(parsed: Parsed<typeof TABLE>, world: World): Promise<number> {
  if (parsed.flag('dryRun')) throw usageError('-n and --resume exclude each other');
  const request = { ...numbersOf(parsed), journal: parsed.value('journal') };
  return resumeMove(request, world, {
    isProgressWanted: parsed.flag('progress'),
    areUnreadableZeroed: parsed.flag('zeroUnreadable'),
  });
}

/**
 * Finish a move that was interrupted: the whole command behind its spelling.
 *
 * @returns the exit status
 * @throws as `planResume` and `runResume`
 */
export async function resumeMove(
  request: ResumeRequest,
  world: World,
  { isProgressWanted = false, areUnreadableZeroed = false }: Omit<MoveOptions, 'isCompared'> = {},
): Promise<number> {
  const unreadable = areUnreadableZeroed ? zeroUnreadable(world) : STOP_AT_UNREADABLE;
  const kernel = await loadKernelCalls();
  const hooks = { onUnreadable: unreadable.tell };
  using plan = planResume(request, { mounts: realMounts(world.env), hooks, kernel });
  return await runResume(plan, { world, unreadable, isProgressWanted });
}
