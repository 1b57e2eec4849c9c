import type { World } from '@e2image/cli';
import { readableDisk } from '@e2image/disk-image';
import type { Filesystem } from '@e2image/ext-core';
import type { WalkOptions } from '@e2image/ext-core/walk';
import type { Scrambler } from '@e2image/scramble';
import { type Source, windowOf } from '@e2image/sparse-io';
import { openPlannedFilesystem } from '../input/open-filesystem.ts';
import type { SavePlan } from '../plan/save-plan.ts';
import { Rescue } from '../rescue/rescue.ts';
import type { Findings } from './findings.ts';
import { prepareScrambling } from './scrambling.ts';

/** An opened file system, and how it is saved: what the formats make an image from. */
export interface ImageJob {
  readonly plan: SavePlan;
  readonly world: World;
  readonly fs: Filesystem;
  /** The bytes of the file system, to its last block. Unreadable bytes are zeros, and are added to `findings`. */
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
 * Open the file system of a plan, and prepare what happens to its bytes before they are written.
 *
 * @param whole the source in which the file system begins at `plan.sourceOffset`
 * @throws CliError CLI_FAILED
 */
export async function openJob(
  whole: Source,
  { plan, world, findings }: Pick<ImageJob, 'plan' | 'world' | 'findings'>,
): Promise<ImageJob> {
  const onProblem = findings.problem.bind(findings);
  const rescue = plan.mapfile === undefined || plan.isDryRun ? undefined : Rescue.open(plan.mapfile, plan);
  const inside = plan.sourceOffset > 0 ? windowOf(whole, plan.sourceOffset) : whole;
  const fs = openPlannedFilesystem(rescue?.guard(inside) ?? inside, plan, onProblem);
  const { blockSize, blocksCount } = fs;
  rescue?.refuseOtherSize(blockSize * blocksCount);
  const scrambler = await prepareScrambling(fs, { plan, world, findings });
  const reported = reportingSource(fs, fs.source, findings);
  const source = scrambler?.source(reported) ?? reported;
  const walk = { selection: plan.selection, allData: plan.hasAllData, onProblem };
  // With a mapfile every block must go through the sink that records it.
  const isPlain = !plan.isDryRun && rescue === undefined && scrambler === undefined;
  return { plan, world, fs, source, isPlain, findings, walk, rescue, scrambler };
}

/** The bytes of the file system to its last block: unreadable bytes are zeros, and are added to the findings. */
function reportingSource({ blockSize, blocksCount }: Filesystem, source: Source, findings: Findings): Source {
  return readableDisk(source, {
    blockSize,
    size: blocksCount * blockSize,
    onUnreadable: ({ offset, length, reason }) => {
      const first = Math.floor(offset / blockSize);
      findings.unreadable(first, Math.ceil((offset + length) / blockSize) - first, reason);
    },
  });
}
