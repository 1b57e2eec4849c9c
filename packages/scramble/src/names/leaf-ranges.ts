import { type DirectoryIndex, HASH_END } from '../directory/directory-index.ts';
import { ANY_LEAF, SIDE, type Side } from './pending-names.ts';

/** The range of hashes of each leaf of an index: `[lows[i], lows[i + 1])`. */
export class LeafRanges {
  /** Lowest hash of each leaf, ascending. */
  readonly lows: Float64Array;
  /** Index of the leaf, by logical block number. Blocks that are not leaves, or left out, are missing. */
  readonly #byBlock = new Map<number, number>();

  /** Leaves of a damaged index whose boundary is lower than one before are left out: names in them are not limited. */
  constructor({ leaves, lows }: Pick<DirectoryIndex, 'leaves' | 'lows'>) {
    const kept: number[] = [];
    leaves.forEach((logical, i) => {
      const low = lows[i] ?? 0;
      if (low < (kept.at(-1) ?? 0)) return;
      this.#byBlock.set(logical, kept.length);
      kept.push(low);
    });
    this.lows = Float64Array.from(kept);
  }

  /** Number of leaves. */
  get count(): number {
    return this.lows.length;
  }

  /** The leaf at a logical block; ANY_LEAF for other blocks. */
  leafAt(logical: number): number {
    return this.#byBlock.get(logical) ?? ANY_LEAF;
  }

  /** The hash after the last one of a leaf. */
  end(leaf: number): number {
    return leaf + 1 < this.lows.length ? (this.lows[leaf + 1] as number) : HASH_END;
  }

  /** Whether the range of a leaf contains no hash. */
  isEmpty(leaf: number): boolean {
    return this.end(leaf) <= (this.lows[leaf] as number);
  }

  /**
   * The leaf whose range contains a hash; ANY_LEAF when it is below all of them.
   *
   * Not by `lowerBound`: this runs for each name that is drawn, and a call for each step would take longer.
   */
  find(hash: number): number {
    const lows = this.lows;
    let low = 0;
    let high = lows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lows[middle] as number) <= hash) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The position of a hash relative to the range of `leaf`. The end counts as inside: equal hashes may continue in a leaf. */
  side(leaf: number, hash: number): Side {
    if (hash < (this.lows[leaf] as number)) return SIDE.below;
    return hash > this.end(leaf) ? SIDE.above : SIDE.inside;
  }
}
