import { failed, openGuarded, refuseTerminal, type World, warnInPlace } from '@e2image/cli';
import { type Output, openOutput, openStandardOutput } from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';

/**
 * Open the output of an image that is written as a whole: a QCOW2 or a normal image.
 *
 * @throws CliError CLI_FAILED, CLI_REFUSED
 */
export async function openWholeOutput(
  { image, isForced }: Pick<SavePlan, 'image' | 'isForced'>,
  world: World,
): Promise<Output> {
  const open = (): Promise<Output> => (image === '-' ? openStandardOutput() : openOutput(image));
  const output = await openGuarded(open).catch((error: unknown) => {
    throw failed(error, `while trying to open ${image}`);
  });
  refuseTerminal(output, { isForced });
  warnInPlace(output, image, world);
  return output;
}
