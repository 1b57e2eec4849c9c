import type { ClusterRun } from '../base/cluster-runs.ts';
import { ChunkReader } from '../io/chunk-reader.ts';
import { type Input, readPadded } from '../io/input.ts';
import type { Turn } from '../io/turn.ts';

/** Gives the clusters of a disk in ascending order. */
export interface ClusterFeed {
  /**
   * Fill the front of `into`, which has room for at least one cluster, with the next clusters.
   *
   * @returns which; undefined after the last
   */
  next(into: Uint8Array): Promise<ClusterRun | undefined>;
}

/** What to read, and how. */
export interface DiskClustersOptions {
  readonly runs: Iterable<ClusterRun>;
  readonly clusterSize: number;
  readonly turn: Turn;
  /** Called with the bytes read so far. */
  readonly onProgress?: ((bytesDone: number) => void) | undefined;
}

/** The clusters of runs of a disk that can be read at any offset. */
export class DiskClusters implements ClusterFeed {
  readonly #input: Input;
  readonly #options: DiskClustersOptions;
  readonly #runs: Iterator<ClusterRun>;
  #start = 0;
  #left = 0;
  #bytesDone = 0;

  constructor(input: Input, options: DiskClustersOptions) {
    this.#input = input;
    this.#options = options;
    this.#runs = options.runs[Symbol.iterator]();
  }

  async next(into: Uint8Array): Promise<ClusterRun | undefined> {
    const { clusterSize, turn, onProgress } = this.#options;
    if (this.#left === 0) {
      const run = this.#runs.next();
      if (run.done === true) return undefined;
      this.#start = run.value.start;
      this.#left = run.value.count;
    }
    await turn.take();
    const start = this.#start;
    const count = Math.min(this.#left, Math.floor(into.length / clusterSize));
    await readPadded(this.#input, into.subarray(0, count * clusterSize), start * clusterSize);
    this.#start += count;
    this.#left -= count;
    this.#bytesDone += count * clusterSize;
    onProgress?.(this.#bytesDone);
    return { start, count };
  }
}

/** The clusters of a disk that comes as a stream of bytes from its first one on; the last one is padded with zeros. */
export class StreamClusters implements ClusterFeed {
  readonly #chunks: ChunkReader;
  readonly #options: Omit<DiskClustersOptions, 'runs'>;
  #first = 0;

  /** @param chunks each is consumed before the next is asked for */
  constructor(chunks: AsyncIterable<Uint8Array>, options: Omit<DiskClustersOptions, 'runs'>) {
    this.#chunks = new ChunkReader(chunks);
    this.#options = options;
  }

  /** Bytes that have come so far; all of them once there are no more clusters. */
  get size(): number {
    return this.#chunks.size;
  }

  async next(into: Uint8Array): Promise<ClusterRun | undefined> {
    const { clusterSize, turn, onProgress } = this.#options;
    await turn.take();
    const room = into.subarray(0, into.length - (into.length % clusterSize));
    const filled = await this.#chunks.fill(room);
    if (filled === 0) return undefined;
    const count = Math.ceil(filled / clusterSize);
    room.fill(0, filled, count * clusterSize);
    onProgress?.(this.size);
    const start = this.#first;
    this.#first += count;
    return { start, count };
  }

  /** Stop reading: lets the source of the stream close. */
  close(): Promise<void> {
    return this.#chunks.close();
  }
}
