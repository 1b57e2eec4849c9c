import { type BlockRun, BlockSet } from '@e2image/ext-core/walk';

/** Blocks that could not be read, with the reason of the first. */
export interface UnreadRun extends BlockRun {
  readonly reason: string;
}

/** Number of runs that keep their reason; the mapfile has all runs. */
const MAX_RUNS = 1000;

/** The blocks that are zeros in an image because they could not be read: all of them, and the reasons of the first ones. */
export class UnreadBlocks {
  readonly blocks = new BlockSet();
  readonly #first: UnreadRun[] = [];

  /** @throws ExtError EXT_TOO_LARGE if the blocks are too scattered to store */
  add(start: number, count: number, reason: string): void {
    this.blocks.add(start, count);
    const last = this.#first.at(-1);
    if (last !== undefined && last.start + last.count === start && last.reason === reason) {
      this.#first[this.#first.length - 1] = { ...last, count: last.count + count };
    } else if (this.#first.length < MAX_RUNS) {
      this.#first.push({ start, count, reason });
    }
  }

  get isEmpty(): boolean {
    return this.#first.length === 0;
  }

  /** Up to 1,000 runs in the order they were found: ascending, except those that a walk found before the copy. */
  get first(): readonly UnreadRun[] {
    return this.#first;
  }

  /** Number of runs, neighbours joined. It costs one step for each run. */
  get runCount(): number {
    let runs = 0;
    for (const _ of this.blocks.runs()) runs++;
    return runs;
  }
}
