import { byteRuns, clusterRuns, writeQcow2 } from '@e2image/disk-image';
import type { BlockSet } from '@e2image/ext-core/walk';
import { type ByteRange, chooseClusterBits } from '@e2image/qcow2';
import { copyRuns, type Sink, type Source, suppressZeros } from '@e2image/sparse-io';

/** A scrambled file system to write. */
export interface ScrambledDisk {
  /** The scrambled file system; bytes that are not metadata are zeros. */
  readonly source: Source;
  readonly blocks: BlockSet;
  readonly blockSize: number;
  readonly blocksCount: number;
  /** Ranges in bytes that were unknown when the input was made. */
  readonly unread: readonly ByteRange[];
}

/** Called with the bytes that are done. */
type OnProgress = (done: number) => void;

/** Write a raw image and finish it. */
export async function writeRaw(disk: ScrambledDisk, sink: Sink, onProgress: OnProgress): Promise<void> {
  const target = sink.isSequential ? sink : suppressZeros(sink, disk.blockSize);
  await copyRuns(disk.source, target, { runs: byteRuns(disk.blocks.runs(), disk.blockSize), onProgress });
  await target.finish(disk.blocksCount * disk.blockSize);
}

/** Write a QCOW2 image and finish it: version 2, which the C tool reads. */
export async function writeScrambledQcow2(disk: ScrambledDisk, sink: Sink, onProgress: OnProgress): Promise<void> {
  const { source, blocks, blockSize, blocksCount, unread } = disk;
  const virtualSize = blocksCount * blockSize;
  const clusterBits = chooseClusterBits(virtualSize, Math.log2(blockSize));
  const runs = clusterRuns(blocks.runs(), { blockSize, clusterSize: 2 ** clusterBits });
  const layout = { virtualSize, clusterBits, version: 2, runs } as const;
  const { bytes } = await writeQcow2(source, sink, { layout, unread: () => unread, onProgress });
  await sink.finish(bytes);
}
