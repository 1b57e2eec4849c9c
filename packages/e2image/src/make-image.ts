import {
  CliError,
  EXIT,
  failed,
  NO_PROGRESS,
  type Progress,
  reasonOf,
  say,
  startProgress,
  type World,
  writeOutput,
} from '@e2image/cli';
import type { Filesystem, WalkOptions } from '@e2image/ext-core';
import { isolateErrors, openSeekable, type Sink, type Source } from '@e2image/sparse-io';
import { Findings } from './findings.ts';
import { refuseUnsafe } from './guards.ts';
import { openPlanned } from './open-filesystem.ts';
import type { ImagePlan } from './plan.ts';
import { writeRawImage } from './raw-image.ts';
import { sayUnread } from './report.ts';
import { openTarget, type Target } from './target.ts';

/** An opened file system and what is to be saved of it. */
export interface ImageJob {
  readonly plan: ImagePlan;
  readonly world: World;
  readonly fs: Filesystem;
  /** The bytes of the file system; a block that cannot be read is zeros, and told. */
  readonly source: Source;
  readonly walk: WalkOptions;
  readonly findings: Findings;
}

/**
 * Make an image as planned.
 *
 * @returns the exit status
 * @throws CliError; errors of the system with what was being done
 */
export async function makeImage(plan: ImagePlan, world: World): Promise<number> {
  refuseUnsafe(plan, world);
  const input = await openSeekable(plan.device).catch((error: unknown) => {
    throw openFailed(error, plan);
  });
  const findings = new Findings((line) => say(world, line));
  try {
    const job = openJob(input.source, { plan, world, findings });
    const target = await openTarget(job);
    if (plan.progress) world.stderr('Scanning inodes...\n');
    if (target.output === undefined) await writeImage(job, target, target.sink);
    else await writeOutput(target.output, () => writeImage(job, target, target.sink));
    findings.close();
    sayUnread(job);
    if (plan.compare) world.stdout(`${target.equalBlocks()} blocks already contained the data to be copied\n`);
  } finally {
    input.close();
  }
  return findings.lost ? EXIT.incomplete : EXIT.done;
}

/** The C tool adds a second line, on standard output; ours keeps that free for images. */
function openFailed(error: unknown, { device }: ImagePlan): unknown {
  const told = failed(error, `while trying to open ${device}`);
  if (!(told instanceof CliError)) return told;
  return new CliError('CLI_FAILED', `${told.message}\nCouldn't find valid filesystem superblock.`, { cause: error });
}

function openJob(whole: Source, { plan, world, findings }: Pick<ImageJob, 'plan' | 'world' | 'findings'>): ImageJob {
  const onProblem = findings.problem.bind(findings);
  const fs = openPlanned(whole, plan, onProblem);
  const { blockSize } = fs;
  const source = isolateErrors(fs.source, {
    blockSize,
    onBad: ({ offset, length, error }) =>
      findings.unreadable(
        Math.floor(offset / blockSize),
        Math.ceil(length / blockSize),
        reasonOf(error) ?? 'unknown error',
      ),
  });
  return { plan, world, fs, source, findings, walk: { selection: plan.selection, allData: plan.allData, onProblem } };
}

async function writeImage(job: ImageJob, target: Target, sink: Sink): Promise<void> {
  const { plan, world, fs, source } = job;
  let progress: Progress = NO_PROGRESS;
  let total = 0;
  try {
    await writeRawImage({
      fs,
      source,
      sink,
      walk: { ...job.walk, wholeTables: target.isBlockDevice },
      targetOffset: plan.targetOffset,
      isPlain: !plan.dryRun,
      onSelected: async (blocks) => {
        total = blocks;
        if (plan.progress) progress = await startProgress(world, { total, unitSize: fs.blockSize });
      },
      onProgress: (done) => progress.update(done),
    });
    progress.finish(total);
  } catch (error) {
    progress.stop();
    throw failed(error, isReadError(error) ? `while reading ${plan.device}` : `while writing ${plan.image}`);
  }
}

const isReadError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'syscall' in error && error.syscall === 'read';
