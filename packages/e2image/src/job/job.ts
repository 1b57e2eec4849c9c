import { NO_PROGRESS, type Progress, reasonOf, type World } from '@e2image/cli';
import type { Filesystem } from '@e2image/ext-core';
import type { WalkOptions } from '@e2image/ext-core/walk';
import type { Scrambler } from '@e2image/scramble';
import { fullLength, isolateErrors, type Source, windowOf } from '@e2image/sparse-io';
import { openPlanned } from '../input/open-filesystem.ts';
import type { SavePlan } from '../plan/save-plan.ts';
import { Rescue } from '../rescue/rescue.ts';
import type { Findings } from './findings.ts';
import { aroundCopy, startPlanned } from './progress-around.ts';
import { prepareScrambling } from './scrambling.ts';

/** An opened file system and what is to be saved of it. */
export interface ImageJob {
  readonly plan: SavePlan;
  readonly world: World;
  readonly fs: Filesystem;
  /** The bytes of the file system, to its last block; what cannot be read is zeros, and told. */
  readonly source: Source;
  /** Whether `source` gives the bytes as they are on the disk. */
  readonly isPlain: boolean;
  readonly walk: WalkOptions;
  readonly findings: Findings;
  /** Set with --mapfile. */
  readonly rescue: Rescue | undefined;
  /** Set with -s; `source` is scrambled then. */
  readonly scrambler: Scrambler | undefined;
}

/**
 * Open the file system of a plan, and prepare what happens to its bytes on their way.
 *
 * @throws CliError CLI_FAILED
 */
export async function openJob(
  whole: Source,
  { plan, world, findings }: Pick<ImageJob, 'plan' | 'world' | 'findings'>,
): Promise<ImageJob> {
  const onProblem = findings.problem.bind(findings);
  const rescue = plan.mapfile === undefined || plan.isDryRun ? undefined : Rescue.open(plan.mapfile, plan);
  const inside = plan.sourceOffset > 0 ? windowOf(whole, plan.sourceOffset) : whole;
  const fs = openPlanned(rescue?.guard(inside) ?? inside, plan, onProblem);
  const { blockSize, blocksCount } = fs;
  rescue?.refuseOtherSize(blockSize * blocksCount);
  const scrambler = await prepareScrambling(fs, { plan, world, findings });
  const told = toldSource(fs, fs.source, findings);
  const source = scrambler?.source(told) ?? told;
  const walk = { selection: plan.selection, allData: plan.hasAllData, onProblem };
  // Under a mapfile every block must pass the record of what was read.
  const isPlain = !plan.isDryRun && rescue === undefined && scrambler === undefined;
  return { plan, world, fs, source, isPlain, findings, walk, rescue, scrambler };
}

/** The bytes of the file system to its last block: what cannot be read is zeros, and remembered. */
function toldSource({ blockSize, blocksCount }: Filesystem, source: Source, findings: Findings): Source {
  const unreadable = (offset: number, length: number, reason: string): void => {
    const first = Math.floor(offset / blockSize);
    findings.unreadable(first, Math.ceil((offset + length) / blockSize) - first, reason);
  };
  const readable = isolateErrors(source, {
    blockSize,
    onBad: ({ offset, length, error }) => unreadable(offset, length, reasonOf(error) ?? 'unknown error'),
  });
  // As long as the file system says, though the disk may be shorter: what is missing must be told, not be padding.
  return fullLength(readable, {
    size: blocksCount * blockSize,
    onMissing: (offset, length) => unreadable(offset, length, `the source ends at byte ${source.size}`),
  });
}

/** Progress of a job, started when there is something to count. */
export class JobProgress {
  readonly #job: ImageJob;
  #progress: Progress = NO_PROGRESS;
  #total = 0;
  #isStarted = false;

  constructor(job: ImageJob) {
    this.#job = job;
    if (job.plan.isProgressWanted) job.world.stderr('Scanning inodes...\n');
  }

  /** @param total blocks to copy; the last call counts, as it may have been a guess before */
  async start(total: number): Promise<void> {
    const { plan, world, fs } = this.#job;
    this.#total = total;
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#progress = await startPlanned(plan, world, { total, unitSize: fs.blockSize });
  }

  /** @param bytes done, of the file system */
  update(bytes: number): void {
    this.#progress.update(Math.floor(bytes / this.#job.fs.blockSize));
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
    return aroundCopy(this.#job.plan, shown, 0, copy);
  }
}
