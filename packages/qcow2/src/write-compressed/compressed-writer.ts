import { type ClusterRun, ClusterRuns } from '../base/cluster-runs.ts';
import type { Codec } from '../codec/codec.ts';
import type { HeaderExtension } from '../format/header-extension.ts';
import type { Input } from '../io/input.ts';
import type { Output } from '../io/output.ts';
import type { RunOptions } from '../io/run-options.ts';
import type { Spool } from '../io/spool.ts';
import { STAGING_BYTES, Staging } from '../io/staging.ts';
import { Turn } from '../io/turn.ts';
import { clearHeader, encodeFreshHeader, type FreshHeader } from '../write/fresh-header.ts';
import { countTables, type FrontLayout, frontLayout, roundToSector } from '../write/front-layout.ts';
import type { Qcow2Version } from '../write/image-plan.ts';
import type { WriteSummary } from '../write/plain-writer.ts';
import { usedSpace } from '../write/used-space.ts';
import { type ClusterFeed, DiskClusters, StreamClusters } from './cluster-feed.ts';
import { codeClusters } from './code-clusters.ts';
import { PackedDataWriter } from './packed-data.ts';
import { type PackedImage, writePackedTables } from './packed-image.ts';

/** How to compress an image. */
export interface CompressedOptions extends RunOptions {
  readonly clusterBits: number;
  readonly version: Qcow2Version;
  readonly codec: Codec;
  /**
   * Extensions for the header, asked for when it is written: when all data has been seen, except by `writeMeasured`
   * and `writeBudgeted`, which send the header first.
   */
  readonly extensions?: () => readonly HeaderExtension[];
}

/** A disk of known size, and how to compress it. */
export interface CompressedDiskOptions extends CompressedOptions {
  /** Bytes of the disk; rounded up to a multiple of 512. */
  readonly virtualSize: number;
  /** The guest clusters that may hold data. Those that hold only zeros are left out in any case. */
  readonly runs: Iterable<ClusterRun>;
}

/**
 * Write a compressed image into an output that can seek, in one pass: data after a reserve for the tables, then the
 * tables, then the header. The unused part of the reserve stays free (see `writePlain`).
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE, before anything is read, when QEMU would refuse the tables
 * @throws TypeError when the output is sequential: see `writeSpooled`, `writeMeasured`, `writeBudgeted`
 */
export async function writeCompressed(
  input: Input,
  output: Output,
  options: CompressedDiskOptions,
): Promise<WriteSummary> {
  if (output.isSequential === true) throw new TypeError('a sequential output needs a spool, a plan or a budget');
  const turn = new Turn(options.signal);
  const runs = ClusterRuns.from(options.runs);
  const layout = worstLayout(options, runs);
  await clearHeader(output);
  let at = layout.dataOffset;
  const data = new PackedDataWriter(layout.clusterSize, async (bytes) => {
    await output.writeAt(bytes, at);
    at += bytes.length;
  });
  await pack(diskFeed(input, runs, options, turn), data, options);
  const image = imageOf(options, layout, data);
  const staging = new Staging(output, layout.clusterSize);
  await writePackedTables(staging, image, turn);
  await staging.put(encodeFreshHeader(freshHeader(options, options.virtualSize), layout), 0);
  await staging.flush();
  return summary(image, data, runs.clusterCount);
}

/**
 * Write a compressed image into any output in one pass over the disk: the compressed data is kept in `spool`, which must
 * be empty, until the tables before it are known.
 *
 * @throws Qcow2Error QCOW2_TOO_LARGE, before anything is read, when QEMU would refuse the tables
 */
export async function writeSpooled(
  input: Input,
  output: Output,
  spool: Spool,
  options: CompressedDiskOptions,
): Promise<WriteSummary> {
  const turn = new Turn(options.signal);
  const runs = ClusterRuns.from(options.runs);
  worstLayout(options, runs);
  const data = new PackedDataWriter(2 ** options.clusterBits, (bytes) => spool.append(bytes));
  await pack(diskFeed(input, runs, options, turn), data, options);
  const image = await emitSpooled(output, spool, data, options, turn);
  return summary(image, data, runs.clusterCount);
}

/**
 * Write a compressed image of a disk that comes as a stream of unknown length, into any output.
 *
 * @param chunks the disk from its first byte on; each is consumed before the next is asked for
 * @throws Qcow2Error QCOW2_TOO_LARGE when the disk turns out too large for QEMU's tables
 */
export async function writeSpooledStream(
  chunks: AsyncIterable<Uint8Array>,
  output: Output,
  spool: Spool,
  options: CompressedOptions,
): Promise<WriteSummary> {
  const turn = new Turn(options.signal);
  const clusterSize = 2 ** options.clusterBits;
  const feed = new StreamClusters(chunks, { clusterSize, turn, onProgress: options.onProgress });
  const data = new PackedDataWriter(clusterSize, (bytes) => spool.append(bytes));
  try {
    await pack(feed, data, options);
  } finally {
    await feed.close();
  }
  const image = await emitSpooled(output, spool, data, { ...options, virtualSize: feed.size }, turn);
  return summary(image, data, Math.ceil(feed.size / clusterSize));
}

/** The layout for data that does not compress at all. Packed data never takes more clusters than plain data. */
export function worstLayout(
  { virtualSize, clusterBits }: Pick<CompressedDiskOptions, 'virtualSize' | 'clusterBits'>,
  runs: ClusterRuns,
): FrontLayout {
  const size = roundToSector(virtualSize);
  const clusters = Math.ceil(size / 2 ** clusterBits);
  if (runs.end > clusters) throw new RangeError(`cluster ${runs.end - 1} is beyond a disk of ${clusters} clusters`);
  const l2Tables = countTables(runs, clusterBits);
  return frontLayout({ virtualSize: size, clusterBits, l2Tables, dataClusters: runs.clusterCount });
}

/** The header of a compressed image of `virtualSize` bytes. */
export function freshHeader(options: CompressedOptions, virtualSize: number): FreshHeader {
  const { clusterBits, version, codec, extensions } = options;
  return {
    version,
    clusterBits,
    virtualSize: roundToSector(virtualSize),
    compression: codec.type,
    extensions: extensions?.() ?? [],
  };
}

/** Read the clusters of a disk. */
export function diskFeed(
  input: Input,
  runs: ClusterRuns,
  { clusterBits, onProgress }: CompressedOptions,
  turn: Turn,
): ClusterFeed {
  return new DiskClusters(input, { runs, clusterSize: 2 ** clusterBits, turn, onProgress });
}

/** Compress everything into `data`. */
export async function pack(
  feed: ClusterFeed,
  data: PackedDataWriter,
  { clusterBits, codec, signal }: CompressedOptions,
): Promise<void> {
  for await (const cluster of codeClusters(feed, { clusterSize: 2 ** clusterBits, codec })) {
    signal?.throwIfAborted();
    await data.add(cluster);
  }
  await data.finish();
}

function imageOf({ clusterBits }: CompressedOptions, layout: FrontLayout, data: PackedDataWriter): PackedImage {
  return { clusterBits, layout, stored: data.stored, lengths: data.lengths, dataBytes: data.end };
}

/** Everything is known: header, tables, then what was spooled. */
async function emitSpooled(
  output: Output,
  spool: Spool,
  data: PackedDataWriter,
  options: CompressedOptions & { readonly virtualSize: number },
  turn: Turn,
): Promise<PackedImage> {
  const { clusterBits, virtualSize } = options;
  const layout = frontLayout({
    virtualSize: roundToSector(virtualSize),
    clusterBits,
    l2Tables: countTables(data.stored, clusterBits),
    dataClusters: data.end / 2 ** clusterBits,
  });
  const image = imageOf(options, layout, data);
  const staging = new Staging(output, layout.clusterSize);
  await staging.put(encodeFreshHeader(freshHeader(options, virtualSize), layout), 0);
  await writePackedTables(staging, image, turn);
  await staging.flush();
  const source = spool.source();
  const buffer = new Uint8Array(STAGING_BYTES);
  for (let done = 0; done < data.end; done += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, data.end - done));
    await source.readAt(part, done);
    await output.writeAt(part, layout.dataOffset + done);
    await turn.take();
  }
  return image;
}

/** @param clusters how many were looked at */
export function summary(image: PackedImage, data: PackedDataWriter, clusters: number): WriteSummary {
  const stored = data.stored.clusterCount;
  const { bytes, freeClusters } = usedSpace(image.layout, image);
  return {
    bytes,
    plainClusters: stored - data.compressedCount,
    compressedClusters: data.compressedCount,
    droppedClusters: clusters - stored,
    freeClusters,
  };
}
