import type { ClusterRun, ClusterRuns } from '../base/cluster-runs.ts';
import { type Input, readPadded } from '../io/input.ts';
import type { Output } from '../io/output.ts';
import { STAGING_BYTES, type Staging } from '../io/staging.ts';
import type { Turn } from '../io/turn.ts';
import { ZeroClusters } from '../io/zero-clusters.ts';

/** Shorter runs are read and written: a call into the kernel for each would cost more than the copy. */
const LEAST_TRANSFER = STAGING_BYTES;
/** Bytes that the kernel copies in one call, so that signals are handled between calls. */
const MOST_TRANSFER = 1 << 22;

/** What to copy, and how. */
export interface CopyRunsOptions {
  readonly input: Input;
  readonly output: Output;
  /** Over `output`; the copy follows what is staged. Its size is a multiple of the cluster size. */
  readonly staging: Staging;
  readonly runs: Iterable<ClusterRun>;
  readonly clusterSize: number;
  readonly turn: Turn;
  /** Called with the bytes done. */
  readonly onProgress: ((bytesDone: number) => void) | undefined;
  /** If set, clusters of zeros are left out, and the numbers of all others are added to it. */
  readonly kept?: ClusterRuns;
}

/** Copy the guest clusters of `runs`, one after the other. Data is read into the buffer that it is written from. */
export async function copyRuns(options: CopyRunsOptions): Promise<void> {
  const { input, staging, runs, clusterSize, turn, onProgress, kept } = options;
  const zeros = new ZeroClusters(clusterSize);
  let bytesDone = 0;
  for (const { start, count } of runs) {
    const end = start + count;
    let guest = start;
    if (kept === undefined && canTransfer(options, start, count)) guest += await transferRun(options, start, count);
    bytesDone += (guest - start) * clusterSize;
    while (guest < end) {
      // Await only promises: an image may have a run for each few kilobytes.
      if (staging.room().length < clusterSize) await staging.flush();
      const bytes = roomFor(staging, clusterSize, end - guest);
      const reading = readPadded(input, bytes, guest * clusterSize);
      if (reading !== undefined) await reading;
      const clusters = bytes.length / clusterSize;
      staging.advance((kept === undefined ? clusters : zeros.squeeze(bytes, guest, kept)) * clusterSize);
      guest += clusters;
      bytesDone += bytes.length;
      onProgress?.(bytesDone);
      const rest = turn.take();
      if (rest !== undefined) await rest;
    }
  }
  await staging.flush();
}

/** Room for one to `most` clusters. The staging has room for at least one. */
function roomFor(staging: Staging, clusterSize: number, most: number): Uint8Array {
  const room = staging.room();
  return room.subarray(0, Math.min(most, Math.floor(room.length / clusterSize)) * clusterSize);
}

/** Clusters of a run that are whole in the input: its last one may be longer than it. */
function wholeClusters({ input, clusterSize }: CopyRunsOptions, start: number, count: number): number {
  return Math.min(count, Math.floor(input.size / clusterSize) - start);
}

/** Whether the kernel can copy the run, and the run is long enough. */
function canTransfer(options: CopyRunsOptions, start: number, count: number): boolean {
  const { input, output, clusterSize } = options;
  const bytes = wholeClusters(options, start, count) * clusterSize;
  return input.file !== undefined && output.transferFrom !== undefined && bytes >= LEAST_TRANSFER;
}

/** Let the kernel copy as much of a long run as it can. @returns clusters copied, from the front */
async function transferRun(options: CopyRunsOptions, start: number, count: number): Promise<number> {
  const { input, output, staging, clusterSize, turn } = options;
  const { file } = input;
  if (file === undefined || output.transferFrom === undefined) return 0;
  await staging.flush();
  const length = wholeClusters(options, start, count) * clusterSize;
  let done = 0;
  while (done < length) {
    const wanted = Math.min(length - done, MOST_TRANSFER);
    const from = file.base + start * clusterSize + done;
    const taken = output.transferFrom(file.fd, from, staging.position, wanted);
    done += taken;
    await staging.moveTo(staging.position + taken);
    await turn.take();
    if (taken < wanted) break;
  }
  return finishCluster(options, start, done);
}

/** The kernel may stop inside a cluster: read and write the rest of it. @returns whole clusters */
async function finishCluster(
  { input, staging, clusterSize }: CopyRunsOptions,
  start: number,
  done: number,
): Promise<number> {
  const missing = (clusterSize - (done % clusterSize)) % clusterSize;
  if (missing > 0) {
    const rest = new Uint8Array(missing);
    await readPadded(input, rest, start * clusterSize + done);
    await staging.put(rest, staging.position);
    await staging.flush();
  }
  return (done + missing) / clusterSize;
}
