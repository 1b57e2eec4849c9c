import type { ClusterRun } from './cluster-runs.ts';
import type { Codec } from './codec.ts';
import { type Input, readPadded, ZeroClusters } from './input.ts';
import type { Turn } from './output.ts';

/** Bytes read at once. */
const BATCH_BYTES = 1 << 18;
/** Bytes of clusters that are being compressed at a time, and bounds on their number. */
const AHEAD_BYTES = 1 << 20;
const MIN_AHEAD = 4;
const MAX_AHEAD = 64;

/** Whole guest clusters from number `first` on. The bytes belong to whoever takes them. */
export interface GuestClusters {
  readonly first: number;
  readonly bytes: Uint8Array;
}

/** A guest cluster as it is to be stored. */
export interface CodedCluster {
  readonly guest: number;
  /** The compressed stream, or the cluster as it is when that is no shorter. */
  readonly bytes: Uint8Array;
  readonly isCompressed: boolean;
}

/** What to read, and how. */
export interface ReadClustersOptions {
  readonly runs: Iterable<ClusterRun>;
  readonly clusterSize: number;
  readonly turn: Turn;
  /** Told the bytes read so far. */
  readonly onProgress?: ((bytesDone: number) => void) | undefined;
}

/** The clusters of `runs`, read in order. */
export async function* readClusters(input: Input, options: ReadClustersOptions): AsyncGenerator<GuestClusters> {
  const { runs, clusterSize, turn, onProgress } = options;
  const perBatch = Math.max(1, BATCH_BYTES / clusterSize);
  let bytesDone = 0;
  for (const { start, count } of runs) {
    for (let first = start; first < start + count; first += perBatch) {
      const bytes = new Uint8Array(Math.min(perBatch, start + count - first) * clusterSize);
      await readPadded(input, bytes, first * clusterSize);
      yield { first, bytes };
      bytesDone += bytes.length;
      onProgress?.(bytesDone);
      await turn.take();
    }
  }
}

/** Cut a stream of bytes, a disk from its first byte on, into whole clusters; the last one is padded with zeros. */
export class StreamClusters {
  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #clusterSize: number;
  /** Bytes that have come so far; all of them once the iteration is over. */
  size = 0;

  constructor(chunks: AsyncIterable<Uint8Array>, clusterSize: number) {
    this.#chunks = chunks;
    this.#clusterSize = clusterSize;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GuestClusters> {
    const capacity = Math.max(BATCH_BYTES, this.#clusterSize);
    let batch = new Uint8Array(capacity);
    let fill = 0;
    let first = 0;
    for await (const chunk of this.#chunks) {
      this.size += chunk.length;
      for (let done = 0; done < chunk.length; ) {
        const part = chunk.subarray(done, done + capacity - fill);
        batch.set(part, fill);
        fill += part.length;
        done += part.length;
        if (fill < capacity) continue;
        yield { first, bytes: batch };
        first += capacity / this.#clusterSize;
        batch = new Uint8Array(capacity);
        fill = 0;
      }
    }
    // Fresh memory is zero: that is the padding.
    if (fill > 0) yield { first, bytes: batch.subarray(0, Math.ceil(fill / this.#clusterSize) * this.#clusterSize) };
  }
}

/** How to code clusters. */
export interface CodeOptions {
  readonly clusterSize: number;
  readonly codec: Codec;
}

interface Job {
  readonly guest: number;
  readonly cluster: Uint8Array;
  readonly coded: Promise<Uint8Array>;
}

/**
 * Compress clusters several at a time, on the threads of the runtime, and give them in their order. Clusters of zeros
 * are left out. Bounded: so many bytes are ahead of what is taken, and no more.
 */
export async function* codeClusters(
  feed: AsyncIterable<GuestClusters>,
  { clusterSize, codec }: CodeOptions,
): AsyncGenerator<CodedCluster> {
  const zeros = new ZeroClusters(clusterSize);
  const ahead = Math.max(MIN_AHEAD, Math.min(MAX_AHEAD, AHEAD_BYTES / clusterSize));
  const jobs: Job[] = [];
  for await (const { first, bytes } of feed) {
    for (let index = 0; index * clusterSize < bytes.length; index++) {
      if (zeros.has(bytes, index)) continue;
      const cluster = bytes.subarray(index * clusterSize, (index + 1) * clusterSize);
      jobs.push(startJob(codec, first + index, cluster));
      if (jobs.length >= ahead) yield await nextOf(jobs);
    }
  }
  while (jobs.length > 0) yield await nextOf(jobs);
}

function startJob(codec: Codec, guest: number, cluster: Uint8Array): Job {
  const coded = codec.compress(cluster);
  // Awaited later, or never when the taker gives up: a failure in between is not unhandled.
  coded.catch(() => undefined);
  return { guest, cluster, coded };
}

async function nextOf(jobs: Job[]): Promise<CodedCluster> {
  const job = jobs.shift();
  if (job === undefined) throw new RangeError('no cluster is being compressed');
  const coded = await job.coded;
  const isCompressed = coded.length < job.cluster.length;
  return { guest: job.guest, bytes: isCompressed ? coded : job.cluster, isCompressed };
}
