import { CliError, say, writeOutput } from '@e2image/cli';
import { byteRuns, clusterRuns, measureQcow2 as measureDisk, writeQcow2 } from '@e2image/disk-image';
import {
  ClusterRuns,
  chooseClusterBits,
  type Input,
  type ImagePlan as Layout,
  planImage,
  sourceRuns,
} from '@e2image/qcow2';
import type { ImageJob } from '../job/image-job.ts';
import { JobProgress } from '../job/job-progress.ts';
import { openWholeOutput } from '../output/open-whole-output.ts';
import { SelectedBlocks } from '../select/selected-blocks.ts';
import { selectedSource } from '../select/selected-source.ts';
import { recordJob } from './record-job.ts';

/** Default cluster bits of compressed images: 64 KiB compress many times better than one block. */
const COMPRESSED_CLUSTER_BITS = 16;

/** What is stored, and how it is laid out when it is not compressed. */
interface Selected {
  readonly layout: Layout;
  readonly input: Input;
  readonly blocks: SelectedBlocks;
  /** Number of selected blocks. */
  readonly size: number;
}

/**
 * Make a QCOW2 image.
 *
 * @param open opens the output
 */
export async function makeQcow2(job: ImageJob, open = openWholeOutput): Promise<void> {
  const progress = new JobProgress(job);
  const selected = await select(job);
  const output = await open(job.plan, job.world);
  await writeOutput(output, (sink) =>
    progress.around(async () => {
      await progress.start(selected.size);
      const { bytes } = await writeQcow2(selected.input, sink, {
        layout: selected.layout,
        compression: compressionOf(job.plan),
        spoolFolder: job.plan.spoolFolder,
        unread: () => byteRuns(job.findings.unread.blocks.runs(), job.fs.blockSize),
        onProgress: (done) => progress.update(done),
      });
      await recordJob(job, selected.blocks, output);
      await sink.finish(bytes);
    }),
  );
}

async function select(job: ImageJob): Promise<Selected> {
  const { fs, plan, source } = job;
  const virtualSize = fs.blocksCount * fs.blockSize;
  const clusterBits = clusterBitsOf(job, virtualSize);
  const blocks = new SelectedBlocks(fs, { walk: job.walk, known: job.scrambler?.selected });
  const runs = new ClusterRuns();
  let size = 0;
  for await (const window of blocks.windows()) {
    size += window.size;
    // Holes of the source are left out. A pipe would get every cluster of the map, a journal of zeros too.
    const within = clusterRuns(window.runs(), {
      blockSize: fs.blockSize,
      clusterSize: 2 ** clusterBits,
      firstCluster: runs.end,
    });
    await sourceRuns(source, { clusterBits, within, into: runs });
  }
  const layout = planImage({ virtualSize, clusterBits, version: plan.qcow2Version, runs });
  const isWider = 2 ** clusterBits > fs.blockSize;
  return { layout, input: isWider ? selectedSource(source, blocks, fs.blockSize) : source, blocks, size };
}

/** The block size, as the C tool uses it, or the next size that the limits of QEMU's tables allow. */
function clusterBitsOf({ fs, plan }: ImageJob, virtualSize: number): number {
  const usual = plan.compress === undefined ? Math.log2(fs.blockSize) : COMPRESSED_CLUSTER_BITS;
  if (plan.clusterSize === undefined) return chooseClusterBits(virtualSize, usual);
  const bits = Math.log2(plan.clusterSize);
  const least = chooseClusterBits(virtualSize, bits);
  if (least === bits) return bits;
  const sizes = `${plan.clusterSize} bytes are too few for ${virtualSize} bytes, the least is ${2 ** least}`;
  throw new CliError('CLI_REFUSED', `cluster size: ${sizes}`);
}

/** Bytes of the image in a pipe. A compressed image is compressed once to find out. */
export async function measureQcow2(job: ImageJob): Promise<number> {
  const { layout, input } = await select(job);
  const compression = compressionOf(job.plan);
  if (compression !== undefined) say(job.world, 'compressing once to measure');
  return measureDisk(input, { layout, compression });
}

const compressionOf = ({ compress, level }: ImageJob['plan']) =>
  compress === undefined ? undefined : { type: compress, level };
