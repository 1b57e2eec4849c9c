import { selectSteps } from '@e2image/ext-core';
import { copyRuns, inBatches, suppressZeros } from '@e2image/sparse-io';
import { dryRunSink } from './dry-run.ts';
import { byteRuns } from './image-runs.ts';
import type { ImageJob } from './job.ts';

/** The dry run of a QCOW2 or normal image: name the blocks that would be stored; those that are zeros never are. */
export async function nameBlocks({ fs, source, walk, world }: ImageJob): Promise<void> {
  const selected = await inBatches(selectSteps(fs, walk));
  const print = dryRunSink({ blockSize: fs.blockSize, targetOffset: 0, print: (text) => world.stdout(text) });
  const sink = suppressZeros({ ...print, zero: () => {} }, fs.blockSize);
  await copyRuns(source, sink, { runs: byteRuns(fs, selected.runs()) });
}
