import { ClusterRuns, touchedTables } from '../base/cluster-runs.ts';
import { type Input, readPadded } from '../io/input.ts';
import type { Output } from '../io/output.ts';
import { STAGING_BYTES, Staging } from '../io/staging.ts';
import { Turn } from '../io/turn.ts';
import { copyRuns } from '../write/copy-runs.ts';
import { encodeFreshHeader } from '../write/fresh-header.ts';
import { countTables, type FrontLayout, frontLayout, roundToSector, standardGeometry } from '../write/front-layout.ts';
import type { WriteSummary } from '../write/plain-writer.ts';
import { l2Clusters, type ReferenceRun, type StoredCluster } from '../write/table-clusters.ts';
import { writeTables } from '../write/write-tables.ts';
import { codeClusters } from './code-clusters.ts';
import { type CompressedDiskOptions, diskFeed, freshHeader, worstLayout } from './compressed-writer.ts';
import { PackedDataWriter } from './packed-data.ts';
import { packedClusters, packedReferences } from './packed-tables.ts';

/** Clusters compressed to guess how well a disk compresses, and what is added to the guess. */
const SAMPLES = 32;
const SAMPLE_MARGIN = 1.1;

export interface BudgetOptions extends CompressedDiskOptions {
  /** Share of the uncompressed size, 0 to 1, that the compressed data is expected to need: see `sampleRatio`. */
  readonly budget: number;
}

/**
 * Write a compressed image into a pipe in one pass with neither spool nor second pass.
 *
 * The header, which is written first, has the offset of the tables: after a budget of space. Compressed clusters fill that
 * space. If all fit, zeros fill it up to the tables. If one does not, everything from there on is known: the
 * remaining clusters follow the tables uncompressed. The image is valid either way; a good guess costs a few percent,
 * a bad one at most the size of a plain image. A reader of the pipe must hold all data back until the tables arrive.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE, before anything is read, when QEMU would refuse the tables
 * @throws RangeError when the budget is not between 0 and 1
 */
export async function writeBudgeted(input: Input, output: Output, options: BudgetOptions): Promise<WriteSummary> {
  const { clusterBits, budget, virtualSize } = options;
  if (!(budget >= 0 && budget <= 1)) throw new RangeError(`budget ${budget} is not between 0 and 1`);
  const turn = new Turn(options.signal);
  const runs = ClusterRuns.from(options.runs);
  const headClusters = 1 + Math.floor(budget * runs.clusterCount);
  const promised = promisedLayout(options, runs, headClusters);
  const staging = new Staging(output, promised.clusterSize);
  await staging.put(encodeFreshHeader(freshHeader(options, virtualSize), promised), 0);
  const head = new PackedDataWriter(promised.clusterSize, (bytes) => staging.put(bytes, staging.position));
  const next = await packUpTo(input, runs, head, { ...options, limit: promised.l1Offset - promised.clusterSize }, turn);
  await pad(staging, promised.l1Offset, output.isSequential === true, turn);
  const rest = ClusterRuns.from(runs.from(next));
  const all = ClusterRuns.from(concat(head.stored, rest));
  const layout = frontLayout({
    virtualSize: roundToSector(virtualSize),
    clusterBits,
    l2Tables: countTables(all, clusterBits),
    dataClusters: rest.clusterCount,
    headClusters,
    leastTableClusters: promised.refcountTableClusters,
  });
  const tables = budgetTables({ clusterBits, layout, head, rest, all });
  await writeTables(staging, tables, turn);
  const { clusterSize } = layout;
  await copyRuns({ input, output, staging, runs: rest, clusterSize, turn, onProgress: options.onProgress });
  return summary(layout, head, rest, runs);
}

/**
 * Guess the budget: the share of the uncompressed size that clusters spread over the disk compress to, and a little
 * more. Reads and compresses a few dozen clusters.
 */
export async function sampleRatio(input: Input, options: CompressedDiskOptions): Promise<number> {
  const clusterSize = 2 ** options.clusterBits;
  const runs = ClusterRuns.from(options.runs);
  // Not a whole number: that could sample the same part of a repeating pattern each time.
  const step = Math.max(1, runs.clusterCount / SAMPLES);
  const cluster = new Uint8Array(clusterSize);
  let before = 0;
  let wanted = 0;
  let bytes = 0;
  let samples = 0;
  for (const { start, count } of runs) {
    for (; Math.floor(wanted) < before + count; wanted += step) {
      await readPadded(input, cluster, (start + Math.floor(wanted) - before) * clusterSize);
      bytes += Math.min(clusterSize, options.codec.compressSync(cluster).length);
      samples++;
    }
    before += count;
  }
  return samples === 0 ? 0 : Math.min(1, (SAMPLE_MARGIN * bytes) / (samples * clusterSize));
}

/** The layout of the header, before anything is known: the refcount table is for data that does not compress. */
function promisedLayout(options: BudgetOptions, runs: ClusterRuns, headClusters: number): FrontLayout {
  const { l2Tables, dataClusters } = worstLayout(options, runs);
  const virtualSize = roundToSector(options.virtualSize);
  return frontLayout({ virtualSize, clusterBits: options.clusterBits, l2Tables, dataClusters, headClusters });
}

/** Compress as many clusters as fit `limit` bytes. @returns the first guest cluster that was not looked at or stored */
async function packUpTo(
  input: Input,
  runs: ClusterRuns,
  head: PackedDataWriter,
  options: BudgetOptions & { readonly limit: number },
  turn: Turn,
): Promise<number> {
  const { limit, codec, clusterBits, signal } = options;
  const feed = diskFeed(input, runs, options, turn);
  let next = runs.end;
  for await (const cluster of codeClusters(feed, { clusterSize: 2 ** clusterBits, codec })) {
    signal?.throwIfAborted();
    if (head.endWith(cluster) > limit) {
      next = cluster.guest;
      break;
    }
    await head.add(cluster);
  }
  await head.finish();
  return next;
}

/** Continue at byte `to`: after zeros in a pipe, after a hole elsewhere. */
async function pad(staging: Staging, to: number, isSequential: boolean, turn: Turn): Promise<void> {
  if (!isSequential) return staging.moveTo(to);
  const zeros = new Uint8Array(STAGING_BYTES);
  while (staging.position < to) {
    await staging.put(zeros.subarray(0, to - staging.position), staging.position);
    await turn.take();
  }
}

interface BudgetImage {
  readonly clusterBits: number;
  readonly layout: FrontLayout;
  readonly head: PackedDataWriter;
  readonly rest: ClusterRuns;
  readonly all: ClusterRuns;
}

function budgetTables({ clusterBits, layout, head, rest, all }: BudgetImage) {
  const geometry = standardGeometry(clusterBits);
  const { clusterSize } = layout;
  const packed = { clusterSize, dataOffset: clusterSize, lengths: head.lengths };
  const clusters = concat(packedClusters(head.stored, packed), plainClusters(rest, layout));
  return {
    clusterBits,
    layout,
    refcountBlocks: layout.refcountBlocks,
    tables: touchedTables(all, geometry.l2Entries),
    references: budgetReferences(layout, packedReferences(packed)),
    l2: l2Clusters(clusters, geometry),
  };
}

function* budgetReferences(layout: FrontLayout, head: Iterable<ReferenceRun>): Generator<ReferenceRun> {
  const { clusterSize, l1Offset, totalBytes } = layout;
  yield { start: 0, count: 1, references: 1 };
  yield* head;
  yield { start: l1Offset / clusterSize, count: (totalBytes - l1Offset) / clusterSize, references: 1 };
}

function* plainClusters(runs: ClusterRuns, { dataOffset, clusterSize }: FrontLayout): Generator<StoredCluster> {
  let offset = dataOffset;
  for (const { start, count } of runs) {
    for (let guest = start; guest < start + count; guest++) {
      yield { guest, offset, compressedLength: 0 };
      offset += clusterSize;
    }
  }
}

function* concat<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}

function summary(layout: FrontLayout, head: PackedDataWriter, rest: ClusterRuns, runs: ClusterRuns): WriteSummary {
  const { l1Offset, clusterSize, totalBytes } = layout;
  const stored = head.stored.clusterCount + rest.clusterCount;
  return {
    bytes: totalBytes,
    plainClusters: stored - head.compressedCount,
    compressedClusters: head.compressedCount,
    droppedClusters: runs.clusterCount - stored,
    freeClusters: (l1Offset - clusterSize - head.end) / clusterSize,
  };
}
