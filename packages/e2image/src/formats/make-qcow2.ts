import { CliError, say, writeOutput } from '@e2image/cli';
import type { BlockSet } from '@e2image/ext-core/walk';
import {
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
  type UnreadRange,
  writeCompressed,
  writePlain,
  writeSpooled,
} from '@e2image/qcow2';
import { type Sink, Spool } from '@e2image/sparse-io';
import type { Findings } from '../job/findings.ts';
import { type ImageJob, JobProgress } from '../job/job.ts';
import { openWholeOutput } from '../output/open-output.ts';
import { recordUnread } from '../output/provenance.ts';
import type { UnreadBlocks } from '../rescue/unread-blocks.ts';
import { onlySelected } from '../select/selected-source.ts';
import { SelectedBlocks } from '../select/selection.ts';

/** Cluster bits of compressed images unless told otherwise: 64 KiB compress many times better than one block. */
const COMPRESSED_CLUSTER_BITS = 16;

/** What is to be stored, and how it is laid out when it is not compressed. */
interface Selected {
  readonly layout: Layout;
  readonly input: Input;
  readonly blocks: SelectedBlocks;
  /** How many those are. */
  readonly size: number;
}

/** Make a QCOW2 image. */
export async function makeQcow2(job: ImageJob): Promise<void> {
  const progress = new JobProgress(job);
  const selected = await select(job);
  const output = await openWholeOutput(job);
  await writeOutput(output, (sink) =>
    progress.around(async () => {
      await progress.start(selected.size);
      const bytes = await write(job, selected, sink, progress);
      await recordUnread(job, selected.blocks, output);
      await sink.finish(bytes);
    }),
  );
}

async function select(job: ImageJob): Promise<Selected> {
  const { fs, plan, source } = job;
  const virtualSize = fs.blocksCount * fs.blockSize;
  const clusterBits = clusterBitsOf(job, virtualSize);
  const blocks = new SelectedBlocks(job, job.walk);
  const runs = new ClusterRuns();
  let size = 0;
  for await (const window of blocks.windows()) {
    size += window.size;
    // Without what the source knows to be a hole: a pipe gets every cluster of the map, a journal of zeros, too.
    const within = clusterRuns(window, { blockSize: fs.blockSize, clusterSize: 2 ** clusterBits, done: runs.end });
    await sourceRuns(source, { clusterBits, within, into: runs });
  }
  const layout = planImage({ virtualSize, clusterBits, version: plan.qcow2Version, runs });
  const isWider = 2 ** clusterBits > fs.blockSize;
  return { layout, input: isWider ? onlySelected(source, blocks, fs.blockSize) : source, blocks, size };
}

/** The block size, so that the C tool's images and ours compare; more where QEMU's tables could not hold that. */
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
  /** Clusters before this one are left out: the window before has had them. */
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

/**
 * Bytes that the image has when it goes to a pipe.
 *
 * Plain, it follows from the selection; compressed, everything is compressed once to know.
 */
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

/** What could not be read, in a header extension of ours: zeros that stand for "unknown" must be told from zeros. */
function provenance({ unread }: Findings, blockSize: number, layout: Layout): HeaderExtension[] {
  if (unread.isEmpty) return [];
  return [encodeProvenance(unreadRanges(unread, blockSize), extensionRoom(layout))];
}

function* unreadRanges({ blocks }: UnreadBlocks, blockSize: number): Generator<UnreadRange> {
  for (const { start, count } of blocks.runs()) yield { offset: start * blockSize, length: count * blockSize };
}
