import { ClusterRuns, touchedTables } from '../base/cluster-runs.ts';
import type { HeaderExtension } from '../format/header-extension.ts';
import type { Input } from '../io/input.ts';
import type { Output } from '../io/output.ts';
import type { RunOptions } from '../io/run-options.ts';
import { Staging } from '../io/staging.ts';
import { Turn } from '../io/turn.ts';
import { copyRuns } from './copy-runs.ts';
import { clearHeader, encodeFreshHeader } from './fresh-header.ts';
import { standardGeometry } from './front-layout.ts';
import type { ImagePlan } from './image-plan.ts';
import { plainL2Clusters, type ReferenceRun } from './table-clusters.ts';
import { type UsedSpace, usedSpace } from './used-space.ts';
import { writeTables } from './write-tables.ts';

export interface PlainOptions extends RunOptions {
  /** From `planImage`. */
  readonly plan: ImagePlan;
  /**
   * Extensions for the header, asked for when it is written: at the end into an output that can seek, so that they
   * can contain what was found while reading (unread ranges), but before all data into a sequential one.
   */
  readonly extensions?: () => readonly HeaderExtension[];
}

/** What a writer did. */
export interface WriteSummary {
  /** Bytes of the image. */
  readonly bytes: number;
  /** Guest clusters stored as they are. */
  readonly plainClusters: number;
  /** Guest clusters stored compressed. */
  readonly compressedClusters: number;
  /** Guest clusters of the plan that were left out, because they hold only zeros. */
  readonly droppedClusters: number;
  /** Clusters of the file that are reserved and free; they are never written (a hole). */
  readonly freeClusters: number;
}

/**
 * Write a plain image of `input`.
 *
 * Into a sequential output it is byte for byte what was planned: the header and the tables were written before the data
 * was read, so a planned cluster that holds zeros is written, too.
 *
 * An output that can seek gets the data first, in one pass, without the clusters of zeros; then the tables, in the space
 * before the data that was planned for them. That may be more space than needed: the unused clusters have refcount 0,
 * which is free space and not a leak, and because nothing is ever written there they are a hole of the file. Tables after
 * the data would need no reserve, but the C e2image ignores those above the virtual size, and a file whose tables come
 * first can be read from a pipe later. Looking for the zeros first would read the data twice.
 * The header is written last: what an interrupted run leaves is not mistaken for an image.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE when the extensions do not fit the header's cluster
 */
export async function writePlain(input: Input, output: Output, options: PlainOptions): Promise<WriteSummary> {
  return output.isSequential === true ? writeInOrder(input, output, options) : writeCompacted(input, output, options);
}

async function putFront(staging: Staging, options: PlainOptions, turn: Turn): Promise<void> {
  await staging.put(header(options), 0);
  await writePlainTables(staging, options.plan, options.plan.runs, turn);
}

async function writeInOrder(input: Input, output: Output, options: PlainOptions): Promise<WriteSummary> {
  const { plan } = options;
  const turn = new Turn(options.signal);
  const staging = new Staging(output, plan.clusterSize);
  await putFront(staging, options, turn);
  await copyRuns({ input, output, staging, turn, ...plan, onProgress: options.onProgress });
  return summary(plan, plan.runs);
}

async function writeCompacted(input: Input, output: Output, options: PlainOptions): Promise<WriteSummary> {
  const { plan } = options;
  const turn = new Turn(options.signal);
  const staging = new Staging(output, plan.clusterSize);
  await clearHeader(output);
  await staging.moveTo(plan.dataOffset);
  const kept = new ClusterRuns();
  await copyRuns({ input, output, staging, turn, ...plan, onProgress: options.onProgress, kept });
  await writePlainTables(staging, plan, kept, turn);
  await staging.put(header(options), 0);
  await staging.flush();
  return summary(plan, kept);
}

function header({ plan, extensions }: PlainOptions): Uint8Array {
  return encodeFreshHeader({ ...plan, extensions: extensions?.() ?? [] }, plan);
}

/** @param stored the clusters of `plan.runs` that really are stored */
async function writePlainTables(staging: Staging, plan: ImagePlan, stored: ClusterRuns, turn: Turn): Promise<void> {
  const geometry = standardGeometry(plan.clusterBits);
  const used = usedBy(plan, stored);
  await writeTables(
    staging,
    {
      clusterBits: plan.clusterBits,
      layout: plan,
      refcountBlocks: used.refcountBlocks,
      tables: touchedTables(stored, geometry.l2Entries),
      references: usedSpans(plan, used, stored),
      l2: plainL2Clusters(stored, plan.dataOffset, geometry),
    },
    turn,
  );
}

function usedBy(plan: ImagePlan, stored: ClusterRuns): UsedSpace {
  return usedSpace(plan, {
    clusterBits: plan.clusterBits,
    stored,
    dataBytes: stored.clusterCount * plan.clusterSize,
  });
}

/** The clusters in use: those of the tables that are needed, and the data. */
function usedSpans(plan: ImagePlan, used: UsedSpace, stored: ClusterRuns): ReferenceRun[] {
  const { clusterSize } = plan;
  return [
    { start: 0, count: plan.refcountBlocksOffset / clusterSize + used.refcountBlocks, references: 1 },
    { start: plan.l2Offset / clusterSize, count: used.l2Tables, references: 1 },
    { start: plan.dataOffset / clusterSize, count: stored.clusterCount, references: 1 },
  ];
}

function summary(plan: ImagePlan, stored: ClusterRuns): WriteSummary {
  const { bytes, freeClusters } = usedBy(plan, stored);
  return {
    bytes,
    plainClusters: stored.clusterCount,
    compressedClusters: 0,
    droppedClusters: plan.runs.clusterCount - stored.clusterCount,
    freeClusters,
  };
}
