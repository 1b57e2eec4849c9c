import { failed, openGuarded, refuseTerminal, warnInPlace } from '@e2image/cli';
import { type Output, openOutput, openStandardOutput } from '@e2image/sparse-io';
import type { ImageJob } from '../job/job.ts';

/**
 * Open the output of an image that is written as a whole: QCOW2 and normal ones.
 *
 * @throws CliError CLI_FAILED, CLI_REFUSED
 */
export async function openWholeOutput({ plan, world }: Pick<ImageJob, 'plan' | 'world'>): Promise<Output> {
  const { image } = plan;
  const open = (): Promise<Output> => (image === '-' ? openStandardOutput() : openOutput(image));
  const output = await openGuarded(open).catch((error: unknown) => {
    throw failed(error, `while trying to open ${image}`);
  });
  refuseTerminal(output, { isForced: plan.isForced });
  warnInPlace(output, image, world);
  return output;
}
