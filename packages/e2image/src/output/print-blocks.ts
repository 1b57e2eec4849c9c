import { copyRuns, suppressZeros } from '@e2image/sparse-io';
import type { ImageJob } from '../job/job.ts';
import { byteRuns } from '../select/image-runs.ts';
import { SelectedBlocks } from '../select/selection.ts';
import { dryRunSink } from './dry-run.ts';

/** The dry run of a QCOW2 or normal image: name the blocks that would be stored; those that are zeros never are. */
export async function nameBlocks(job: ImageJob): Promise<void> {
  const { fs, source, walk, world } = job;
  const print = dryRunSink({ blockSize: fs.blockSize, targetOffset: 0, print: (text) => world.stdout(text) });
  const sink = suppressZeros({ ...print, zero: () => {} }, fs.blockSize);
  for await (const window of new SelectedBlocks(job, walk).windows()) {
    await copyRuns(source, sink, { runs: byteRuns(fs, window.runs()) });
  }
}
