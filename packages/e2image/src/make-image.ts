import { CliError, EXIT, failed, say, type World } from '@e2image/cli';
import { openSeekable } from '@e2image/sparse-io';
import { Findings } from './findings.ts';
import { refuseUnsafe } from './guards.ts';
import { type ImageJob, openJob } from './job.ts';
import { makeNormal } from './make-normal.ts';
import { makeQcow2 } from './make-qcow2.ts';
import { makeRaw } from './make-raw.ts';
import { nameBlocks } from './name-blocks.ts';
import type { ImagePlan } from './plan.ts';
import { sayUnread } from './report.ts';

const FORMATS: Readonly<Record<ImagePlan['format'], (job: ImageJob) => Promise<void>>> = {
  normal: makeNormal,
  qcow2: makeQcow2,
  raw: makeRaw,
};

/**
 * Make an image as planned.
 *
 * @returns the exit status
 * @throws CliError; errors of the system with what was being done
 */
export async function makeImage(plan: ImagePlan, world: World): Promise<number> {
  refuseUnsafe(plan, world);
  const input = await openSeekable(plan.device, inputOptions(plan, world)).catch((error: unknown) => {
    throw openFailed(error, plan);
  });
  const findings = new Findings((line) => say(world, line));
  try {
    const job = openJob(input.source, { plan, world, findings });
    await (plan.dryRun && plan.format !== 'raw' ? nameBlocks(job) : FORMATS[plan.format](job));
    findings.close();
    sayUnread(job);
  } finally {
    input.close();
  }
  return findings.lost ? EXIT.incomplete : EXIT.done;
}

/** A pipe cannot be read twice: it is spooled, and who watches is told. */
function inputOptions({ progress, spoolFolder }: ImagePlan, world: World) {
  return {
    ...(spoolFolder !== undefined && { folder: spoolFolder }),
    ...(progress && { onSpool: () => say(world, 'the source cannot seek: it is spooled first') }),
  };
}

/** The C tool adds a second line, on standard output; ours keeps that free for images. */
function openFailed(error: unknown, { device }: ImagePlan): unknown {
  const told = failed(error, `while trying to open ${device}`);
  if (!(told instanceof CliError)) return told;
  return new CliError('CLI_FAILED', `${told.message}\nCouldn't find valid filesystem superblock.`, { cause: error });
}
