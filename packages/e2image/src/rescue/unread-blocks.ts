import { type BlockRun, BlockSet } from '@e2image/ext-core/walk';

/** Blocks that could not be read, with the reason of the first. */
export interface UnreadRun extends BlockRun {
  readonly reason: string;
}

/** Runs that keep their reason: a disk that lost more has a mapfile to be looked at. */
const MAX_RUNS = 1000;

/** The blocks that an image holds as zeros because they could not be read: all of them, and why the first ones. */
export class UnreadBlocks {
  readonly blocks = new BlockSet();
  readonly #first: UnreadRun[] = [];

  /** @throws ExtError EXT_TOO_LARGE when they are too scattered to remember */
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

  /** Up to 1,000 runs in the order they were found: ascending, but for what a pass over the file system found before. */
  get first(): readonly UnreadRun[] {
    return this.#first;
  }

  /** Runs of them, neighbours joined. One step for each. */
  get runCount(): number {
    let runs = 0;
    for (const _ of this.blocks.runs()) runs++;
    return runs;
  }
}
