import { BlockSet } from '@e2image/ext-core/walk';

/** A set of blocks that ends at a block, as one that was cut does. */
export class WindowSet extends BlockSet {
  readonly #end: number;

  /** @param blocks those outside of `[from, end)` are left out */
  constructor(from: number, end: number, blocks: Iterable<number>) {
    super({ from });
    this.#end = end;
    for (const block of blocks) if (block < end) this.add(block);
  }

  override get end(): number {
    return this.#end;
  }
}
