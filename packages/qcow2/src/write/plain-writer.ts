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
   * Extensions for the header, asked for when it is written: at the very end into an output that can seek, so that it
   * can tell what was found on the way (unread ranges), but before all data into a sequential one, which cannot.
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
  /** Guest clusters that were to be stored, but hold only zeros. */
  readonly droppedClusters: number;
  /** Clusters of the file that are reserved and free; they are never written (a hole). */
  readonly freeClusters: number;
}

/**
 * Write a plain image of `input`.
 *
 * Into a sequential output it is byte for byte what was planned: sizes and places were promised by the header before
 * the data was seen, so a planned cluster that holds zeros is written too.
 *
 * An output that can seek gets the data first, in one pass, with the zero clusters left out and the others moved
 * together; then the tables, into the space in front that was planned for them. That may be more space than needed:
 * what is left over has refcount 0, which is free space and no leak, and as nothing is ever written there it is a hole
 * of the file. Tables behind the data would need no reserve, but the C e2image ignores those beyond the virtual size,
 * and a file with tables in front can be read from a pipe later. Looking for the zeros before would read twice.
 * The header comes last: what an interrupted run leaves is not taken for an image.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE when the extensions do not fit the header's cluster
 */
export async function writePlain(input: Input, output: Output, options: PlainOptions): Promise<WriteSummary> {
  return output.sequential === true ? writeInOrder(input, output, options) : writeCompacted(input, output, options);
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
