import { byteRuns } from '@e2image/disk-image';
import { copyRuns, type Source, suppressZeros } from '@e2image/sparse-io';
import type { SelectedBlocks } from '../select/selected-blocks.ts';
import { dryRunSink } from './dry-run-sink.ts';

/** How blocks are printed. */
export interface PrintBlocksOptions {
  readonly blockSize: number;
  /** Takes text for standard output. */
  readonly print: (text: string) => void;
}

/** The dry run of a QCOW2 or normal image: print the blocks that would be stored. Blocks of zeros never are. */
export async function printBlocks(
  source: Source,
  selected: Pick<SelectedBlocks, 'windows'>,
  { blockSize, print }: PrintBlocksOptions,
): Promise<void> {
  const sink = suppressZeros({ ...dryRunSink({ blockSize, targetOffset: 0, print }), zero: () => {} }, blockSize);
  for await (const window of selected.windows()) {
    await copyRuns(source, sink, { runs: byteRuns(window.runs(), blockSize) });
  }
}
