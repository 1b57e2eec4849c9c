import { BlockSet, selectSteps, type WalkOptions } from '@e2image/ext-core/walk';
import { inBatches } from '@e2image/sparse-io';
import type { ImageJob } from '../job/job.ts';

/** What is selected from, of an image to be made. */
type SelectionJob = Pick<ImageJob, 'fs' | 'scrambler'>;

/** Memory of a window: 700,000 scattered runs at least. A runtime lets as much again pass before it collects. */
const WINDOW_BYTES = 12 * 1024 * 1024;

/**
 * The blocks that the image is to have. Where they are so many and scattered that they take more than 12 MiB, they come
 * in windows: sets of the lowest ones from some block on, each found by a walk of its own. With -s they are known: what
 * they are had to be found out.
 */
export class SelectedBlocks {
  readonly #job: SelectionJob;
  #walk: WalkOptions;
  /** The last window; undefined until there is one. */
  #window: BlockSet | undefined;
  readonly #memory = new BlockSet({ maxBytes: WINDOW_BYTES, whenFull: 'cut' });

  /** @param walk of the first window; of the others too, but in silence: what it told need not be told again */
  constructor(job: SelectionJob, walk: WalkOptions) {
    const { selection, allData, wholeTables = false } = walk;
    this.#job = job;
    this.#walk = job.scrambler === undefined ? walk : { selection, allData, wholeTables };
  }

  /** The window at hand, when it is that of `block`; else undefined: then `load` it. */
  at(block: number): BlockSet | undefined {
    const window = this.#window;
    return window !== undefined && block >= window.from && block < window.end ? window : undefined;
  }

  /** Find the window that has the selected blocks from `block` on, in the memory of the one before. */
  async load(block: number): Promise<BlockSet> {
    const { fs, scrambler } = this.#job;
    const { selection, allData, wholeTables = false } = this.#walk;
    this.#window = undefined;
    if (scrambler !== undefined && !wholeTables) {
      this.#window = scrambler.selected;
      return this.#window;
    }
    const window = this.#memory;
    window.restart(block);
    await inBatches(selectSteps(fs, this.#walk, { into: window }));
    for (const { start, count } of scrambler?.selected.runs() ?? []) window.add(start, count);
    this.#walk = { selection, allData, wholeTables };
    this.#window = window;
    return window;
  }

  /** All windows, ascending, each valid until the next. A single one is found once, however often it is asked for. */
  async *windows(): AsyncGenerator<BlockSet> {
    for (let from = 0; from < this.#job.fs.blocksCount; ) {
      const window = this.at(from) ?? (await this.load(from));
      yield window;
      from = window.end;
    }
  }
}

/** All blocks, in the words of a selection: of an image that has something of each. */
export const everyBlock = ({ blocksCount }: { readonly blocksCount: number }): Pick<SelectedBlocks, 'windows'> => ({
  async *windows() {
    const all = new BlockSet();
    all.add(0, blocksCount);
    yield all;
  },
});
