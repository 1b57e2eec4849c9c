import { CliError, say, writeOutput } from '@e2image/cli';
import type { BlockSet } from '@e2image/ext-core/walk';
import {
  type ByteRange,
  type ClusterRun,
  ClusterRuns,
  type Codec,
  type CompressionType,
  chooseClusterBits,
  encodeProvenance,
  extensionRoom,
  type HeaderExtension,
  type Input,
  type ImagePlan as Layout,
  loadCodec,
  MemorySpool,
  measureCompressed,
  planImage,
  sourceRuns,
  writeCompressed,
  writePlain,
  writeSpooled,
} from '@e2image/qcow2';
import { type Sink, Spool } from '@e2image/sparse-io';
import type { Findings } from '../job/findings.ts';
import type { ImageJob } from '../job/image-job.ts';
import { JobProgress } from '../job/job-progress.ts';
import { openWholeOutput } from '../output/open-whole-output.ts';
import type { UnreadBlocks } from '../rescue/unread-blocks.ts';
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
      const bytes = await write(job, selected, sink, progress);
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
    const within = clusterRuns(window, { blockSize: fs.blockSize, clusterSize: 2 ** clusterBits, done: runs.end });
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

interface ClusterRunOptions {
  readonly blockSize: number;
  readonly clusterSize: number;
  /** Clusters before this one are left out: the previous window had them. */
  readonly done: number;
}

/** The clusters that hold selected blocks, ascending and disjoint. */
function* clusterRuns(
  blocks: BlockSet,
  { blockSize, clusterSize, done: from }: ClusterRunOptions,
): Generator<ClusterRun> {
  let done = from;
  for (const { start, count } of blocks.runs()) {
    const first = Math.max(done, Math.floor((start * blockSize) / clusterSize));
    const end = Math.ceil(((start + count) * blockSize) / clusterSize);
    if (end > first) yield { start: first, count: end - first };
    done = Math.max(done, end);
  }
}

/** Bytes of the image in a pipe. A compressed image is compressed once to find out. */
export async function measureQcow2(job: ImageJob): Promise<number> {
  const { layout, input } = await select(job);
  const { compress, qcow2Version } = job.plan;
  if (compress === undefined) return layout.totalBytes;
  say(job.world, 'compressing once to measure');
  const codec = await codecOf(job.plan, compress);
  return (await measureCompressed(input, { ...layout, version: qcow2Version, codec })).totalBytes;
}

const codecOf = ({ level }: ImageJob['plan'], type: CompressionType): Promise<Codec> =>
  loadCodec(type, level === undefined ? {} : { level });

/** @returns bytes of the image */
async function write(job: ImageJob, selected: Selected, sink: Sink, progress: JobProgress): Promise<number> {
  const { layout, input } = selected;
  const onProgress = (bytes: number): void => progress.update(bytes);
  const { plan, findings } = job;
  const extensions = (): HeaderExtension[] => provenance(findings, job.fs.blockSize, layout);
  if (plan.compress === undefined) {
    return (await writePlain(input, sink, { plan: layout, extensions, onProgress })).bytes;
  }
  const codec = await codecOf(plan, plan.compress);
  const options = { ...layout, version: plan.qcow2Version, codec, extensions, onProgress };
  if (!sink.sequential) return (await writeCompressed(input, sink, options)).bytes;
  let file: Spool | undefined;
  try {
    const open = (): Spool => {
      file = new Spool(plan.spoolFolder === undefined ? {} : { folder: plan.spoolFolder });
      return file;
    };
    return (await writeSpooled(input, sink, new MemorySpool({ open }), options)).bytes;
  } finally {
    file?.[Symbol.dispose]();
  }
}

/** A header extension of ours lists what could not be read: these zeros must be distinguished from real zeros. */
function provenance({ unread }: Findings, blockSize: number, layout: Layout): HeaderExtension[] {
  if (unread.isEmpty) return [];
  return [encodeProvenance(unreadRanges(unread, blockSize), extensionRoom(layout))];
}

function* unreadRanges({ blocks }: UnreadBlocks, blockSize: number): Generator<ByteRange> {
  for (const { start, count } of blocks.runs()) yield { offset: start * blockSize, length: count * blockSize };
}
