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

/** Start showing progress, where the plan wants it. */
export async function startPlanned(plan: SavePlan, world: World, options: ProgressOptions): Promise<Progress> {
  return plan.isProgressWanted ? startProgress(world, options) : NO_PROGRESS;
}

/**
 * Run a copy; the last line of progress is for one that came to its end.
 *
 * @throws what `copy` throws, with what was being done and to which file
 */
export async function aroundCopy<T>(
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
