import { ClusterRuns, touchedTables } from './cluster-runs.ts';
import { encodeFreshHeader } from './fresh-header.ts';
import type { HeaderExtension } from './header-extension.ts';
import { type Input, readPadded, ZeroClusters } from './input.ts';
import { countTables, type ImagePlan, REFCOUNT_ORDER, standardGeometry } from './layout.ts';
import { type Output, type RunOptions, Turn } from './output.ts';
import { refcountsPerBlock } from './refcount.ts';
import { STAGING_BYTES, Staging } from './staging.ts';
import { plainL2Clusters, type RefcountSpan } from './tables.ts';
import { writeTables } from './write-tables.ts';

/** Shorter runs are gathered by hand: a call into the kernel for each would cost more than the copy. */
const LEAST_TRANSFER = STAGING_BYTES;
/** Bytes handed to the kernel at once, so that signals are heard in between. */
const MOST_TRANSFER = 1 << 22;

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

async function writeInOrder(input: Input, output: Output, options: PlainOptions): Promise<WriteSummary> {
  const { plan } = options;
  const turn = new Turn(options.signal);
  const staging = stagingFor(output, plan);
  await staging.put(header(options), 0);
  await writePlainTables(staging, plan, plan.runs, turn);
  const copied = await copyRuns({ input, output, staging, options, turn });
  return summary(plan, copied);
}

async function writeCompacted(input: Input, output: Output, options: PlainOptions): Promise<WriteSummary> {
  const { plan } = options;
  const turn = new Turn(options.signal);
  const staging = stagingFor(output, plan);
  await staging.moveTo(plan.dataOffset);
  const kept = new ClusterRuns();
  await copyRuns({ input, output, staging, options, turn, kept });
  await writePlainTables(staging, plan, kept, turn);
  await staging.put(header(options), 0);
  await staging.flush();
  return summary(plan, kept);
}

function stagingFor(output: Output, { clusterSize }: ImagePlan): Staging {
  return new Staging(output, Math.max(STAGING_BYTES, clusterSize));
}

function header({ plan, extensions }: PlainOptions): Uint8Array {
  return encodeFreshHeader({ ...plan, extensions: extensions?.() ?? [] }, plan);
}

/** @param stored the clusters of `plan.runs` that really are stored */
async function writePlainTables(staging: Staging, plan: ImagePlan, stored: ClusterRuns, turn: Turn): Promise<void> {
  const geometry = standardGeometry(plan.clusterBits);
  const end = plan.dataOffset / plan.clusterSize + stored.clusterCount;
  // The plan may have one block more than its clusters need; it is there, so it is counted.
  const refcountBlocks =
    stored === plan.runs ? plan.refcountBlocks : Math.ceil(end / refcountsPerBlock(plan.clusterBits, REFCOUNT_ORDER));
  await writeTables(
    staging,
    {
      clusterBits: plan.clusterBits,
      layout: plan,
      refcountBlocks,
      tables: touchedTables(stored, geometry.l2Entries),
      references: usedSpans(plan, refcountBlocks, stored),
      l2: plainL2Clusters(stored, plan.dataOffset, geometry),
    },
    turn,
  );
}

/** The clusters in use: those of the tables that are needed, and the data. */
function usedSpans(plan: ImagePlan, refcountBlocks: number, stored: ClusterRuns): RefcountSpan[] {
  const { clusterSize, clusterBits } = plan;
  return [
    { start: 0, count: plan.refcountBlocksOffset / clusterSize + refcountBlocks, references: 1 },
    { start: plan.l2Offset / clusterSize, count: countTables(stored, clusterBits), references: 1 },
    { start: plan.dataOffset / clusterSize, count: stored.clusterCount, references: 1 },
  ];
}

interface Copy {
  readonly input: Input;
  readonly output: Output;
  readonly staging: Staging;
  readonly options: PlainOptions;
  readonly turn: Turn;
  /** Where zeros are dropped: the clusters that were kept. */
  readonly kept?: ClusterRuns;
}

/** Copy the planned runs behind what is staged. @returns the clusters that were written */
async function copyRuns({ input, output, staging, options, turn, kept }: Copy): Promise<ClusterRuns> {
  const { plan, onProgress } = options;
  const { clusterSize } = plan;
  const zeros = new ZeroClusters(clusterSize);
  let bytesDone = 0;
  for (const { start, count } of plan.runs) {
    const end = start + count;
    let guest = start;
    if (kept === undefined) guest += await transferRun({ input, output, staging, options, turn }, start, count);
    bytesDone += (guest - start) * clusterSize;
    while (guest < end) {
      const room = staging.room();
      const clusters = Math.min(end - guest, Math.floor(room.length / clusterSize));
      if (clusters === 0) {
        await staging.flush();
        continue;
      }
      const bytes = room.subarray(0, clusters * clusterSize);
      await readPadded(input, bytes, guest * clusterSize);
      const stored = kept === undefined ? clusters : zeros.squeeze(bytes, guest, kept);
      staging.advance(stored * clusterSize);
      if (staging.room().length === 0) await staging.flush();
      guest += clusters;
      bytesDone += clusters * clusterSize;
      onProgress?.(bytesDone);
      await turn.take();
    }
  }
  await staging.flush();
  return kept ?? plan.runs;
}

/** Let the kernel copy as much of a long run as it will. @returns clusters copied, from the front */
async function transferRun({ input, output, staging, options, turn }: Copy, start: number, count: number) {
  const { clusterSize } = options.plan;
  const { file } = input;
  // The last cluster may be longer than the input.
  const whole = Math.min(count, Math.floor(input.size / clusterSize) - start);
  if (file === undefined || output.transferFrom === undefined || whole * clusterSize < LEAST_TRANSFER) return 0;
  await staging.flush();
  let done = 0;
  const length = whole * clusterSize;
  while (done < length) {
    const wanted = Math.min(length - done, MOST_TRANSFER);
    const from = file.base + start * clusterSize + done;
    const taken = output.transferFrom(file.fd, from, staging.position, wanted);
    done += taken;
    await staging.moveTo(staging.position + taken);
    await turn.take();
    if (taken < wanted) break;
  }
  return finishCluster({ input, output, staging, options, turn }, start, done);
}

/** The kernel may stop inside a cluster: copy the rest of it by hand. @returns whole clusters */
async function finishCluster({ input, staging, options }: Copy, start: number, done: number): Promise<number> {
  const { clusterSize } = options.plan;
  const missing = (clusterSize - (done % clusterSize)) % clusterSize;
  if (missing > 0) {
    const rest = new Uint8Array(missing);
    await readPadded(input, rest, start * clusterSize + done);
    await staging.put(rest, staging.position);
    await staging.flush();
  }
  return (done + missing) / clusterSize;
}

function summary(plan: ImagePlan, stored: ClusterRuns): WriteSummary {
  const { clusterSize, clusterBits } = plan;
  const end = plan.dataOffset / clusterSize + stored.clusterCount;
  const neededBlocks =
    stored === plan.runs ? plan.refcountBlocks : Math.ceil(end / refcountsPerBlock(clusterBits, REFCOUNT_ORDER));
  return {
    bytes: end * clusterSize,
    plainClusters: stored.clusterCount,
    compressedClusters: 0,
    droppedClusters: plan.runs.clusterCount - stored.clusterCount,
    freeClusters: plan.l2Tables - countTables(stored, clusterBits) + plan.refcountBlocks - neededBlocks,
  };
}
