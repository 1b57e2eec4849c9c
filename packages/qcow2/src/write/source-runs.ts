import { type ClusterRun, ClusterRuns } from '../base/cluster-runs.ts';
import { readPadded } from '../io/input.ts';
import type { Source } from '../io/source.ts';
import { STAGING_BYTES } from '../io/staging.ts';
import { Turn } from '../io/turn.ts';
import { ZeroClusters } from '../io/zero-clusters.ts';

/** How to look for the clusters of a source that hold data. */
export interface SourceRunsOptions {
  readonly clusterBits: number;
  /**
   * Read the data and leave out the clusters that hold only zeros. A plain image into a pipe needs that, as its size
   * is promised before the data is seen; other writers find the zeros themselves, in their one pass.
   */
  readonly dropZeros?: boolean;
  /** Look only at these clusters: ascending, disjoint, within the source. Default: all. */
  readonly within?: Iterable<ClusterRun>;
  /** Add them to these, which end before; default: new ones. */
  readonly into?: ClusterRuns;
  readonly signal?: AbortSignal;
  /** Called with the bytes that were examined. */
  readonly onProgress?: (bytesDone: number) => void;
}

/** The clusters of a source that hold data, by its `extentAt`; without one, all of them. Costs by the extents. */
export async function sourceRuns(source: Source, options: SourceRunsOptions): Promise<ClusterRuns> {
  const clusterSize = 2 ** options.clusterBits;
  const turn = new Turn(options.signal);
  const found = options.into ?? new ClusterRuns();
  const scan = options.dropZeros === true ? new ZeroScan(source, found, options, turn) : undefined;
  const whole = [{ start: 0, count: Math.ceil(source.size / clusterSize) }];
  for (const { start, count } of options.within ?? whole) {
    const end = Math.min(source.size, (start + count) * clusterSize);
    /** Clusters that were looked at: an extent may begin in the middle of one. */
    let done = start;
    for (let offset = start * clusterSize; offset < end; ) {
      const extent = source.extentAt?.(offset) ?? { kind: 'data', offset, length: end - offset };
      const first = Math.max(done, Math.floor(offset / clusterSize));
      offset = Math.min(end, offset + extent.length);
      const next = Math.ceil(offset / clusterSize);
      const rest = turn.take();
      if (rest !== undefined) await rest;
      if (extent.kind === 'hole' || next <= first) continue;
      if (scan === undefined) found.push(first, next - first);
      else await scan.read(first, next);
      done = next;
    }
  }
  return found;
}

/** Looks for zeros in extents of data. */
class ZeroScan {
  readonly #source: Source;
  readonly #found: ClusterRuns;
  readonly #clusterSize: number;
  readonly #onProgress: ((bytesDone: number) => void) | undefined;
  readonly #turn: Turn;
  readonly #zeros: ZeroClusters;
  readonly #buffer: Uint8Array;

  constructor(source: Source, found: ClusterRuns, { clusterBits, onProgress }: SourceRunsOptions, turn: Turn) {
    this.#source = source;
    this.#found = found;
    this.#clusterSize = 2 ** clusterBits;
    this.#onProgress = onProgress;
    this.#turn = turn;
    this.#zeros = new ZeroClusters(this.#clusterSize);
    this.#buffer = new Uint8Array(Math.max(STAGING_BYTES, this.#clusterSize));
  }

  /** Clusters `[start, end)`. */
  async read(start: number, end: number): Promise<void> {
    const most = this.#buffer.length / this.#clusterSize;
    for (let at = start; at < end; at += most) {
      const bytes = this.#buffer.subarray(0, Math.min(most, end - at) * this.#clusterSize);
      await readPadded(this.#source, bytes, at * this.#clusterSize);
      this.#zeros.collect(bytes, at, this.#found);
      this.#onProgress?.(at * this.#clusterSize + bytes.length);
      await this.#turn.take();
    }
  }
}
