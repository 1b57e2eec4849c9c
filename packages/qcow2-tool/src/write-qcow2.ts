import { measureQcow2, type OpenDisk, type Qcow2Options, writeQcow2, writeQcow2Stream } from '@e2image/disk-image';
import { chooseClusterBits, type Source, sourceRuns, type WriteSummary } from '@e2image/qcow2';
import type { Sink } from '@e2image/sparse-io';
import type { ConvertPlan } from './convert-plan.ts';

/** Clusters as QEMU makes them. */
const USUAL_CLUSTER_BITS = 16;

/** Called with the bytes of the disk that are done. */
type OnProgress = (done: number) => void;

/** log2 of the cluster size of the new image. @throws Qcow2Error QCOW2_TOO_LARGE when no cluster size fits */
export function clusterBitsFor(plan: ConvertPlan, virtualSize: number): number {
  return plan.clusterBits ?? chooseClusterBits(virtualSize, USUAL_CLUSTER_BITS);
}

/** Write a disk that can be read at any offset. The sink is not finished. */
export async function writeDisk(
  sink: Sink,
  disk: OpenDisk,
  plan: ConvertPlan,
  onProgress: OnProgress,
): Promise<WriteSummary> {
  const options = await optionsFor(disk, plan, sink.isSequential);
  return writeQcow2(sourceOf(disk), sink, { ...options, onProgress });
}

/** Write a raw disk that comes as a stream, compressed. The sink is not finished. */
export async function writeStream(
  sink: Sink,
  bytes: AsyncIterable<Uint8Array>,
  plan: ConvertPlan,
  onProgress: OnProgress,
): Promise<WriteSummary> {
  const { clusterBits = USUAL_CLUSTER_BITS, version, spoolFolder } = plan;
  const compression = compressionOf(plan) ?? { type: 'zlib' };
  return writeQcow2Stream(bytes, sink, { clusterBits, version, compression, spoolFolder, onProgress });
}

/** The exact size of the image in a pipe. Compresses everything once when the image is compressed. */
export async function measureDisk(disk: OpenDisk, plan: ConvertPlan): Promise<number> {
  return measureQcow2(sourceOf(disk), await optionsFor(disk, plan, true));
}

/** Without the window over an image, which would add a call to each read. */
const sourceOf = (disk: OpenDisk): Source => disk.image ?? disk.source;

/** @param isSequential the sink cannot seek: a plain image gets every planned cluster, so zeros are not planned */
async function optionsFor(disk: OpenDisk, plan: ConvertPlan, isSequential: boolean): Promise<Qcow2Options> {
  const source = sourceOf(disk);
  const clusterBits = clusterBitsFor(plan, source.size);
  const dropZeros = plan.compression === undefined && isSequential;
  const runs = await sourceRuns(source, { clusterBits, dropZeros });
  return {
    layout: { virtualSize: source.size, clusterBits, version: plan.version, runs },
    compression: compressionOf(plan),
    pipeLayout: plan.pipeLayout,
    spoolFolder: plan.spoolFolder,
    // What was never read when the image was made stays unknown in the new one.
    unread: () => disk.image?.info.unread ?? [],
  };
}

const compressionOf = ({ compression, level }: ConvertPlan): Qcow2Options['compression'] =>
  compression === undefined ? undefined : { type: compression, level };
