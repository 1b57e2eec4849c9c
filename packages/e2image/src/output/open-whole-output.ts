import { openTarget, type World } from '@e2image/cli';
import type { Output } from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';

/**
 * Open the output of an image that is written as a whole: a QCOW2 or a normal image.
 *
 * @throws CliError CLI_FAILED, CLI_REFUSED
 */
export function openWholeOutput(
  { image, isForced }: Pick<SavePlan, 'image' | 'isForced'>,
  world: World,
): Promise<Output> {
  return openTarget(image, world, { isForced });
}
