import { type Command, commandMain, type Parsed, type World } from '@e2image/cli';
import { makeImage } from './make-image.ts';
import { isMove, planImage, planInstall, planMoveInPlace, planResume } from './plan/plan.ts';
import { TABLE } from './plan/table.ts';

/** The version of e2fsprogs whose e2image this replaces; scripts look at the banner. */
const BANNER = 'e2image 1.47.0 (5-Feb-2023)\n';

/** Loaded when it is asked for: making an image is what most runs do. */
async function run(parsed: Parsed<typeof TABLE>, world: World): Promise<number> {
  if (parsed.flag('resume')) {
    const { resumeMove } = await import('@e2image/e2image-move');
    return resumeMove(planResume(parsed), world, { isProgressWanted: parsed.flag('progress') });
  }
  if (isMove(parsed)) {
    const { request, progress } = planMoveInPlace(parsed);
    const { moveInPlace } = await import('@e2image/e2image-move');
    return moveInPlace(request, world, { isProgressWanted: progress, isCompared: parsed.flag('compare') });
  }
  if (parsed.flag('install')) {
    const request = planInstall(parsed);
    const { restoreImage } = await import('@e2image/e2image-restore');
    return restoreImage(request, world);
  }
  return makeImage(planImage(parsed), world);
}

const COMMAND: Command<typeof TABLE> = {
  table: TABLE,
  version: '0.1.0 (compatible with e2image 1.47.0)',
  banner: BANNER,
  run,
};

/** Run the drop-in. @returns the exit status */
export const main = commandMain(COMMAND);
