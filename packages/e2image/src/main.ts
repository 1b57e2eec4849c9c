import { type Command, commandMain, type Parsed, VERSION, type World } from '@e2image/cli';
import { makeImage } from './make-image.ts';
import { isMove, planMove, planResume } from './plan/move-plan.ts';
import { planRestore } from './plan/restore-plan.ts';
import { planSave } from './plan/save-plan.ts';
import { TABLE } from './plan/table.ts';

/** The version of e2fsprogs whose e2image this replaces; scripts look at the banner. */
const BANNER = 'e2image 1.47.0 (5-Feb-2023)\n';

/** Moves and restores are loaded only when they are asked for: most runs make an image. */
async function run(parsed: Parsed<typeof TABLE>, world: World): Promise<number> {
  if (parsed.flag('resume')) {
    const plan = planResume(parsed);
    const { resumeMove } = await import('@e2image/e2image-move');
    return resumeMove(plan, world);
  }
  if (isMove(parsed)) {
    const plan = planMove(parsed);
    const { moveInPlace } = await import('@e2image/e2image-move');
    return moveInPlace(plan, world);
  }
  if (parsed.flag('install')) {
    const plan = planRestore(parsed);
    const { restoreImage } = await import('@e2image/e2image-restore');
    return restoreImage(plan, world);
  }
  return makeImage(planSave(parsed), world);
}

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: `${VERSION} (compatible with e2image 1.47.0)`,
  banner: BANNER,
  run,
};

/** Run the drop-in. @returns the exit status */
export const main = commandMain(COMMAND);
