import { readKey, say, type World } from '@e2image/cli';
import type { Filesystem } from '@e2image/ext-core';
import type { Scrambler } from '@e2image/scramble';
import { inBatches } from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';
import type { Findings } from './findings.ts';

/**
 * Prepare to hide names and other secrets, if the plan asks for it. The library is loaded only then.
 *
 * @throws CliError CLI_FAILED for a key file; ScrambleError
 */
export async function prepareScrambling(
  fs: Filesystem,
  { plan, world, findings }: { readonly plan: SavePlan; readonly world: World; readonly findings: Findings },
): Promise<Scrambler | undefined> {
  if (!plan.isScrambled) return undefined;
  if (plan.hasAllData) say(world, 'warning: with -a file contents are in the image, and they are not hidden');
  const { scramblerSteps } = await import('@e2image/scramble');
  const { scrambleIndex: index, hasAllData: allData, selection } = plan;
  return inBatches(
    scramblerSteps(fs, {
      key: readKey(plan.keyFile, world),
      index,
      allData,
      select: { selection, onProblem: findings.problem.bind(findings) },
      onProblem: findings.scrambling.bind(findings),
    }),
  );
}

/** Print what was hidden, and what by nature stays visible. */
export async function sayHidden(scrambler: Scrambler | undefined, world: World): Promise<void> {
  if (scrambler === undefined) return;
  const { describeCounts, STAYS_VISIBLE } = await import('@e2image/scramble');
  const hidden = describeCounts(scrambler.report());
  say(world, `hidden: ${hidden.length === 0 ? 'nothing' : hidden.join(', ')}`);
  say(world, `still visible: ${STAYS_VISIBLE}`);
}
