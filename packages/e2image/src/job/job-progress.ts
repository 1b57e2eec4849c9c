import { NO_PROGRESS, type Progress, type World } from '@e2image/cli';
import type { SavePlan } from '../plan/save-plan.ts';
import { progressAround, startWantedProgress } from './progress-around.ts';

/** What the progress of a job depends on. */
export interface JobProgressOptions {
  readonly plan: Pick<SavePlan, 'device' | 'image' | 'isDryRun' | 'isProgressWanted'>;
  readonly world: World;
  readonly fs: { readonly blockSize: number };
}

/** Progress of a job that first scans and then copies: it starts when the number of blocks is known. */
export class JobProgress {
  readonly #options: JobProgressOptions;
  #progress: Progress = NO_PROGRESS;
  #total = 0;
  #isStarted = false;

  constructor(options: JobProgressOptions) {
    this.#options = options;
    if (options.plan.isProgressWanted) options.world.stderr('Scanning inodes...\n');
  }

  /** @param total blocks to copy. It may be an estimate first: the value of the last call is printed at the end. */
  async start(total: number): Promise<void> {
    const { plan, world, fs } = this.#options;
    this.#total = total;
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#progress = await startWantedProgress(plan, world, { total, unitSize: fs.blockSize });
  }

  /** @param bytes done, of the file system */
  update(bytes: number): void {
    this.#progress.update(Math.floor(bytes / this.#options.fs.blockSize));
  }

  /**
   * Run the scan and the copy.
   *
   * @throws what `copy` throws, with what was being done
   */
  around<T>(copy: () => Promise<T>): Promise<T> {
    const shown: Progress = {
      update: () => {},
      finish: () => this.#progress.finish(this.#total),
      stop: () => this.#progress.stop(),
    };
    return progressAround(this.#options.plan, shown, 0, copy);
  }
}
