import {
  failed,
  isCliError,
  isReadError,
  NO_PROGRESS,
  type Progress,
  type ProgressOptions,
  startProgress,
  type World,
} from '@e2image/cli';
import type { SavePlan } from '../plan/save-plan.ts';

/** Start to show progress, if the plan wants it. */
export async function startWantedProgress(
  { isProgressWanted }: Pick<SavePlan, 'isProgressWanted'>,
  world: World,
  options: ProgressOptions,
): Promise<Progress> {
  return isProgressWanted ? startProgress(world, options) : NO_PROGRESS;
}

/**
 * Run a copy; the final progress line is printed only on success.
 *
 * @throws what `copy` throws, with what was being done and to which file
 */
export async function progressAround<T>(
  { device, image, isDryRun }: Pick<SavePlan, 'device' | 'image' | 'isDryRun'>,
  progress: Progress,
  total: number,
  copy: () => Promise<T>,
): Promise<T> {
  try {
    const result = await copy();
    progress.finish(total);
    return result;
  } catch (error) {
    progress.stop();
    if (isCliError(error)) throw error;
    const target = isDryRun || image === '-' ? 'standard output' : image;
    throw failed(error, isReadError(error) ? `while reading ${device}` : `while writing ${target}`);
  }
}
