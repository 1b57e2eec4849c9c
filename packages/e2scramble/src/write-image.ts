import type { BlockSet } from '@e2image/ext-core/walk';
import {
  type ClusterRun,
  chooseClusterBits,
  encodeProvenance,
  extensionRoom,
  planImage,
  writePlain,
} from '@e2image/qcow2';
import { type ByteRange, copyRuns, type Sink, type Source, suppressZeros } from '@e2image/sparse-io';

/** A scrambled file system on its way out. */
export interface ScrambledDisk {
  /** Reads as the scrambled file system; what is not metadata reads as zeros. */
  readonly source: Source;
  readonly blocks: BlockSet;
  readonly blockSize: number;
  readonly blocksCount: number;
  /** Ranges that the input never held, in bytes. */
  readonly unread: readonly ByteRange[];
}

/** Called with the bytes that are done. */
type OnProgress = (done: number) => void;

/** Write a raw image and finish it. */
export async function writeRaw(disk: ScrambledDisk, sink: Sink, onProgress: OnProgress): Promise<void> {
  const target = sink.sequential ? sink : suppressZeros(sink, disk.blockSize);
  await copyRuns(disk.source, target, { runs: byteRuns(disk), onProgress });
  await target.finish(disk.blocksCount * disk.blockSize);
}

/** Write a QCOW2 image and finish it: version 2, which the C tool reads. */
export async function writeQcow2(disk: ScrambledDisk, sink: Sink, onProgress: OnProgress): Promise<void> {
  const virtualSize = disk.blocksCount * disk.blockSize;
  const clusterBits = chooseClusterBits(virtualSize, Math.log2(disk.blockSize));
  const plan = planImage({ virtualSize, clusterBits, version: 2, runs: clusterRuns(disk, 2 ** clusterBits) });
  const extensions = () => (disk.unread.length > 0 ? [encodeProvenance(disk.unread, extensionRoom(plan))] : []);
  const { bytes } = await writePlain(disk.source, sink, { plan, extensions, onProgress });
  await sink.finish(bytes);
}

function* byteRuns({ blocks, blockSize }: ScrambledDisk): Generator<ByteRange> {
  for (const { start, count } of blocks.runs()) yield { offset: start * blockSize, length: count * blockSize };
}

/** The clusters that hold selected blocks, ascending and disjoint. What lies beside those reads as zeros. */
function* clusterRuns(disk: ScrambledDisk, clusterSize: number): Generator<ClusterRun> {
  let done = 0;
  for (const { offset, length } of byteRuns(disk)) {
    const first = Math.max(done, Math.floor(offset / clusterSize));
    const end = Math.ceil((offset + length) / clusterSize);
    if (end > first) yield { start: first, count: end - first };
    done = Math.max(done, end);
  }
}
