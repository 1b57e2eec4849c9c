import type { Filesystem } from '@e2image/ext-core';
import { BlockSet, selectSteps, type WalkOptions } from '@e2image/ext-core/walk';
import { inBatches } from '@e2image/sparse-io';

/** How the blocks of an image are found. */
export interface SelectedBlocksOptions {
  /** The walk that finds the first window. Later windows use the same walk without its callbacks, so that problems are reported once. */
  readonly walk: WalkOptions;
  /** The selection, where it was found already, as scrambling does. */
  readonly known?: BlockSet | undefined;
}

/** Memory of a window: 700,000 scattered runs at least. A runtime may use as much again before it collects garbage. */
const WINDOW_BYTES = 12 * 1024 * 1024;

/**
 * The blocks that an image must have. When their set needs more than 12 MiB, it is made in windows: each is the set of
 * the lowest selected blocks from some block on, and is found by a walk of its own.
 */
export class SelectedBlocks {
  readonly #fs: Filesystem;
  readonly #known: BlockSet | undefined;
  #walk: WalkOptions;
  /** The current window; undefined before the first one. */
  #window: BlockSet | undefined;
  readonly #memory: BlockSet;

  /** @param windowBytes memory of a window */
  constructor(fs: Filesystem, { walk, known }: SelectedBlocksOptions, windowBytes = WINDOW_BYTES) {
    this.#fs = fs;
    this.#known = known;
    this.#walk = known === undefined ? walk : silent(walk);
    this.#memory = new BlockSet({ maxBytes: windowBytes, whenFull: 'cut' });
  }

  /** The current window, if it covers `block`; undefined: call `load` first. */
  at(block: number): BlockSet | undefined {
    const window = this.#window;
    return window !== undefined && block >= window.from && block < window.end ? window : undefined;
  }

  /** Find the window of the selected blocks from `block` on. It reuses the memory of the previous window. */
  async load(block: number): Promise<BlockSet> {
    this.#window = undefined;
    // Whole tables are more than the known selection has, so they take a walk.
    if (this.#known !== undefined && this.#walk.wholeTables !== true) {
      this.#window = this.#known;
      return this.#window;
    }
    const window = this.#memory;
    window.restart(block);
    await inBatches(selectSteps(this.#fs, this.#walk, { into: window }));
    for (const { start, count } of this.#known?.runs() ?? []) window.add(start, count);
    this.#walk = silent(this.#walk);
    this.#window = window;
    return window;
  }

  /** All windows, ascending; each is valid until the next one. A single window is found only once. */
  async *windows(): AsyncGenerator<BlockSet> {
    for (let from = 0; from < this.#fs.blocksCount; ) {
      const window = this.at(from) ?? (await this.load(from));
      yield window;
      from = window.end;
    }
  }
}

/** The same walk without its callbacks. */
const silent = ({ selection, allData, wholeTables = false }: WalkOptions): WalkOptions => ({
  selection,
  allData,
  wholeTables,
});

/** All blocks as a selection, for an image in which every block has a meaning. */
export const everyBlock = ({ blocksCount }: { readonly blocksCount: number }): Pick<SelectedBlocks, 'windows'> => ({
  async *windows() {
    const all = new BlockSet();
    all.add(0, blocksCount);
    yield all;
  },
});
