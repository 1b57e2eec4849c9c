import { commandMain, EXIT, realMounts, say, VERSION, type World } from '@e2image/cli';
import { loadKernelCalls } from '@e2image/sparse-io';
import { skipEqualBlocks } from './copy/equal-blocks.ts';
import { STOP_AT_UNREADABLE, zeroUnreadable } from './copy/unreadable.ts';
import { type MovePlan, planMove, planResume, type ResumePlan } from './plan/move-plan.ts';
import { openMove } from './plan/open-move.ts';
import { openResume } from './plan/open-resume.ts';
import { TABLE } from './plan/table.ts';
import { planText } from './plan-text.ts';
import { runMove, runResume } from './run-move.ts';

/** Run the command. @returns the exit status */
export const main = commandMain({
  table: TABLE,
  version: VERSION,
  run: (parsed, world) =>
    parsed.flag('resume') ? resumeMove(planResume(parsed), world) : moveInPlace(planMove(parsed), world),
});

/**
 * The command after option parsing: open and check a move, print what will be done, and do it unless it is a dry run.
 *
 * @returns the exit status
 * @throws as `openMove` and `runMove`
 */
export async function moveInPlace({ request, options }: MovePlan, world: World): Promise<number> {
  const { isProgressWanted = false, areUnreadableZeroed = false, isCompared = false } = options;
  using move = await openMove(request, world);
  if (request.isDryRun === true) {
    world.stdout(planText(move));
    return EXIT.done;
  }
  for (const note of move.notes) say(world, note);
  say(world, `the record of the move is ${move.journal ?? 'inside the device'}`);
  const unreadable = areUnreadableZeroed ? zeroUnreadable(world) : STOP_AT_UNREADABLE;
  const equal = isCompared ? skipEqualBlocks(move.device, move.task.blockSize) : undefined;
  const writeData = equal && ((bytes: Uint8Array, offset: number): void => equal.write(bytes, offset));
  const status = await runMove(move, { world, unreadable, isProgressWanted, ...(writeData && { writeData }) });
  if (equal !== undefined) world.stdout(`${equal.count} blocks already contained the data to be copied\n`);
  return status;
}

/**
 * The command after option parsing: finish a move that was interrupted.
 *
 * @returns the exit status
 * @throws as `openResume` and `runResume`
 */
export async function resumeMove({ request, options }: ResumePlan, world: World): Promise<number> {
  const { isProgressWanted = false, areUnreadableZeroed = false } = options;
  const unreadable = areUnreadableZeroed ? zeroUnreadable(world) : STOP_AT_UNREADABLE;
  const kernel = await loadKernelCalls();
  const hooks = { onUnreadable: unreadable.report };
  using move = openResume(request, { mounts: realMounts(world.env), hooks, kernel });
  return await runResume(move, { world, unreadable, isProgressWanted });
}
