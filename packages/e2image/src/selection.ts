import { type BlockSet, selectSteps, type WalkOptions } from '@e2image/ext-core';
import { inBatches } from '@e2image/sparse-io';
import type { ImageJob } from './job.ts';

/** The blocks that the image is to have. With -s they are known: what they are had to be found out. */
export async function selectOf(
  { fs, scrambler }: Pick<ImageJob, 'fs' | 'scrambler'>,
  walk: WalkOptions,
): Promise<BlockSet> {
  if (scrambler === undefined) return inBatches(selectSteps(fs, walk));
  if (!walk.wholeTables) return scrambler.selected;
  const { selection, allData, wholeTables } = walk;
  // What there is to tell was told.
  const blocks = await inBatches(selectSteps(fs, { selection, allData, wholeTables }));
  for (const { start, count } of scrambler.selected.runs()) blocks.add(start, count);
  return blocks;
}
