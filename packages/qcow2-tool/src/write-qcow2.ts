import {
  type ByteRange,
  type CompressedDiskOptions,
  chooseClusterBits,
  encodeProvenance,
  extensionRoom,
  type HeaderExtension,
  loadCodec,
  MemorySpool,
  measureCompressed,
  planImage,
  sampleRatio,
  sourceRuns,
  type WriteSummary,
  writeBudgeted,
  writeCompressed,
  writeMeasured,
  writePlain,
  writeSpooled,
  writeSpooledStream,
} from '@e2image/qcow2';
import { type Sink, type Source, Spool } from '@e2image/sparse-io';
import type { ConvertPlan } from './convert-plan.ts';

/** Clusters as QEMU makes them. */
const USUAL_CLUSTER_BITS = 16;

/** A disk to be written as QCOW2. */
export interface DiskToWrite {
  readonly disk: Source;
  /** Guest ranges that were never read, which the new image goes on to tell. */
  readonly unread: readonly ByteRange[];
}

/** What a writing is told. */
export interface WriteWatch {
  readonly onProgress?: (bytesDone: number) => void;
}

/** log2 of the cluster size of the new image. @throws Qcow2Error QCOW2_TOO_LARGE when no cluster size does */
export function clusterBitsFor(plan: ConvertPlan, virtualSize: number): number {
  return plan.clusterBits ?? chooseClusterBits(virtualSize, USUAL_CLUSTER_BITS);
}

/** Write a disk that can be read at any offset. The sink is not finished. */
export async function writeDisk(
  sink: Sink,
  source: DiskToWrite,
  plan: ConvertPlan,
  watch: WriteWatch,
): Promise<WriteSummary> {
  const { disk } = source;
  if (plan.compression === undefined) {
    const image = await planPlain(disk, plan, sink.sequential);
    return writePlain(disk, sink, { plan: image, extensions: () => provenance(source, plan), ...watch });
  }
  const options = { ...(await compressedOptions(source, plan)), ...watch };
  if (!sink.sequential) return writeCompressed(disk, sink, options);
  if (plan.pipeLayout === 'two-pass') return writeMeasured(disk, sink, await measureCompressed(disk, options), options);
  if (plan.pipeLayout === 'budget') {
    return writeBudgeted(disk, sink, { ...options, budget: await sampleRatio(disk, options) });
  }
  using spool = new LazySpool(plan);
  return await writeSpooled(disk, sink, spool.memory, options);
}

/** Write a raw disk that comes as a stream, compressed. The sink is not finished. */
export async function writeStream(
  sink: Sink,
  bytes: AsyncIterable<Uint8Array>,
  plan: ConvertPlan,
  watch: WriteWatch,
): Promise<WriteSummary> {
  using spool = new LazySpool(plan);
  return await writeSpooledStream(bytes, sink, spool.memory, {
    clusterBits: plan.clusterBits ?? USUAL_CLUSTER_BITS,
    version: plan.version,
    codec: await codecOf(plan),
    ...watch,
  });
}

/** The exact size of the image in a pipe. Compresses everything once when the image is to be compressed. */
export async function measureDisk(source: DiskToWrite, plan: ConvertPlan): Promise<number> {
  if (plan.compression === undefined) return (await planPlain(source.disk, plan, true)).totalBytes;
  return (await measureCompressed(source.disk, await compressedOptions(source, plan))).totalBytes;
}

async function planPlain(disk: Source, plan: ConvertPlan, isSequential: boolean) {
  const clusterBits = clusterBitsFor(plan, disk.size);
  const runs = await sourceRuns(disk, { clusterBits, dropZeros: isSequential });
  return planImage({ virtualSize: disk.size, clusterBits, version: plan.version, runs });
}

async function compressedOptions(source: DiskToWrite, plan: ConvertPlan): Promise<CompressedDiskOptions> {
  const clusterBits = clusterBitsFor(plan, source.disk.size);
  return {
    virtualSize: source.disk.size,
    clusterBits,
    version: plan.version,
    codec: await codecOf(plan),
    runs: await sourceRuns(source.disk, { clusterBits }),
    extensions: () => provenance(source, plan),
  };
}

function codecOf({ compression = 'zlib', level }: ConvertPlan) {
  return loadCodec(compression, level === undefined ? {} : { level });
}

function provenance({ disk, unread }: DiskToWrite, plan: ConvertPlan): HeaderExtension[] {
  if (unread.length === 0) return [];
  const { version, compression } = plan;
  const virtualSize = disk.size;
  const fresh = { version, clusterBits: clusterBitsFor(plan, virtualSize), virtualSize };
  const room = extensionRoom(compression === undefined ? fresh : { ...fresh, compression });
  return [encodeProvenance(unread, room)];
}

/** Memory first, then a temporary file. */
class LazySpool implements Disposable {
  readonly memory: MemorySpool;
  #file: Spool | undefined;

  constructor({ spoolFolder }: ConvertPlan) {
    const options = spoolFolder === undefined ? {} : { folder: spoolFolder };
    this.memory = new MemorySpool({
      open: () => {
        this.#file = new Spool(options);
        return this.#file;
      },
    });
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}
