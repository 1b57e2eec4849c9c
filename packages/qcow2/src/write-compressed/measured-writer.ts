import { ClusterRuns } from '../base/cluster-runs.ts';
import { Qcow2Error } from '../base/errors.ts';
import type { Input } from '../io/input.ts';
import type { Output } from '../io/output.ts';
import { Staging } from '../io/staging.ts';
import { Turn } from '../io/turn.ts';
import { encodeFreshHeader } from '../write/fresh-header.ts';
import { countTables, type FrontLayout, frontLayout, roundToSector } from '../write/front-layout.ts';
import type { WriteSummary } from '../write/plain-writer.ts';
import { type CompressedDiskOptions, diskFeed, freshHeader, pack, summary, worstLayout } from './compressed-writer.ts';
import { PackedDataWriter } from './packed-data.ts';
import { type PackedImage, writePackedTables } from './packed-image.ts';
import type { StoredLengths } from './stored-lengths.ts';

/** What a first pass over a disk found: enough to write the image in a second one. */
export interface CompressedPlan {
  readonly layout: FrontLayout;
  /** Bytes of the image. */
  readonly totalBytes: number;
  readonly stored: ClusterRuns;
  readonly lengths: StoredLengths;
}

/**
 * Compress a disk to know how long its image will be, keeping only the lengths: 4 bytes per stored cluster.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE, before anything is read, when QEMU would refuse the tables
 */
export async function measureCompressed(input: Input, options: CompressedDiskOptions): Promise<CompressedPlan> {
  const { clusterBits } = options;
  const runs = ClusterRuns.from(options.runs);
  worstLayout(options, runs);
  const data = new PackedDataWriter(2 ** clusterBits, () => undefined);
  await pack(diskFeed(input, runs, options, new Turn(options.signal)), data, options);
  const layout = frontLayout({
    virtualSize: roundToSector(options.virtualSize),
    clusterBits,
    l2Tables: countTables(data.stored, clusterBits),
    dataClusters: data.end / 2 ** clusterBits,
  });
  return { layout, totalBytes: layout.totalBytes, stored: data.stored, lengths: data.lengths };
}

/**
 * Write the image that `measureCompressed` planned, without a spool: everything is compressed a second time.
 *
 * @param options those of the first pass
 * @throws Qcow2Error QCOW2_INPUT_CHANGED when a cluster compresses to another length than in the first pass: what was
 *   written so far is not an image
 */
export async function writeMeasured(
  input: Input,
  output: Output,
  plan: CompressedPlan,
  options: CompressedDiskOptions,
): Promise<WriteSummary> {
  const { layout, stored, lengths } = plan;
  const { clusterBits } = options;
  const turn = new Turn(options.signal);
  const dataBytes = layout.dataClusters * layout.clusterSize;
  const image: PackedImage = { clusterBits, layout, stored, lengths, dataBytes };
  const staging = new Staging(output, layout.clusterSize);
  await staging.put(encodeFreshHeader(freshHeader(options, options.virtualSize), layout), 0);
  await writePackedTables(staging, image, turn);
  await staging.flush();
  const same = new SameLengths(plan);
  let at = layout.dataOffset;
  const data = new PackedDataWriter(layout.clusterSize, async (bytes) => {
    same.check(data.lengths, false);
    await output.writeAt(bytes, at);
    at += bytes.length;
  });
  // Only the clusters of the plan: one that was zero then and is not now must not move the others.
  await pack(diskFeed(input, stored, options, turn), data, options);
  same.check(data.lengths, true);
  return summary(image, data, ClusterRuns.from(options.runs).clusterCount);
}

/** Compares the lengths of the second pass with those of the first, each once. */
class SameLengths {
  readonly #plan: CompressedPlan;
  #done = 0;

  constructor(plan: CompressedPlan) {
    this.#plan = plan;
  }

  /** @throws Qcow2Error QCOW2_INPUT_CHANGED */
  check(lengths: StoredLengths, isLast: boolean): void {
    while (this.#done < lengths.count && lengths.at(this.#done) === this.#plan.lengths.at(this.#done)) this.#done++;
    if (this.#done === lengths.count && (!isLast || lengths.count === this.#plan.lengths.count)) return;
    const message = `stored cluster ${this.#done} is not what it was in the first pass: the source has changed`;
    throw new Qcow2Error('QCOW2_INPUT_CHANGED', message, { detail: { value: this.#done } });
  }
}
