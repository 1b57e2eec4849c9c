import { type BlockSet, selectSteps, type WalkOptions } from '@e2image/ext-core';
import { inBatches } from '@e2image/sparse-io';
import type { ImageJob } from './job.ts';

/**
 * The blocks that the image is to have.
 *
 * Whoever gets a scrambled image may replay its journal, which was rewritten: what is in use only after that belongs in
 * the image too.
 */
export async function selectOf(
  { fs, scrambler }: Pick<ImageJob, 'fs' | 'scrambler'>,
  walk: WalkOptions,
): Promise<BlockSet> {
  const blocks = await inBatches(selectSteps(fs, walk));
  if (scrambler?.recovered === undefined) return blocks;
  const { selection, allData } = walk;
  for (const { start, count } of (await inBatches(selectSteps(scrambler.recovered, { selection, allData }))).runs()) {
    blocks.add(start, count);
  }
  return blocks;
}
