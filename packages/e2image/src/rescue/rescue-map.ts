import type { BlockRun } from '@e2image/ext-core/walk';
import type { MapRange, MapStatus } from '@e2image/sparse-io';

/** Results of reading a source. Both lists are ascending and disjoint; a block that could not be read may be in both. */
export interface RescuedBlocks {
  readonly read: Iterable<BlockRun>;
  readonly unread: Iterable<BlockRun>;
}

/** Blocks `[from, to)` of a source, in bytes. */
export interface MapPart {
  readonly blockSize: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Part of the ddrescue map of an image: blocks that were read, that failed, and that were not tried, as they are not in the
 * image. The ranges are ascending and adjacent; neighbours differ. It costs one step per run of blocks, and no memory.
 */
export function* mapOfBlocks({ read, unread }: RescuedBlocks, { blockSize, from, to }: MapPart): Generator<MapRange> {
  const good = new RunCursor(read);
  const bad = new RunCursor(unread);
  let start = from;
  let status: MapStatus | undefined;
  const range = (end: number): MapRange[] =>
    status === undefined ? [] : [{ offset: start * blockSize, length: (end - start) * blockSize, status }];
  for (let at = from; at < to; ) {
    const [isBad, badChange] = bad.at(at);
    const [isGood, goodChange] = good.at(at);
    const now = isBad ? '-' : isGood ? '+' : '?';
    if (now !== status) {
      yield* range(at);
      start = at;
      status = now;
    }
    at = Math.min(to, badChange, isBad ? Infinity : goodChange);
  }
  yield* range(to);
}

/** A cursor over ascending runs. */
class RunCursor {
  readonly #runs: Iterator<BlockRun>;
  #run: IteratorResult<BlockRun>;

  constructor(runs: Iterable<BlockRun>) {
    this.#runs = runs[Symbol.iterator]();
    this.#run = this.#runs.next();
  }

  /** Whether `block` is in a run, and at which block that changes next. Call it with ascending blocks. */
  at(block: number): [isIn: boolean, change: number] {
    while (!this.#run.done && this.#run.value.start + this.#run.value.count <= block) this.#run = this.#runs.next();
    if (this.#run.done) return [false, Infinity];
    const { start, count } = this.#run.value;
    return start <= block ? [true, start + count] : [false, start];
  }
}
