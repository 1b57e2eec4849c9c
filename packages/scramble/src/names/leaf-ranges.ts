import { type DirectoryIndex, HASH_END } from '../directory/directory-index.ts';
import { ANY_LEAF, SIDE, type Side } from './pending-names.ts';

/** Which hashes each leaf of an index may hold: `[lows[i], lows[i + 1])`. */
export class LeafRanges {
  /** Ascending. */
  readonly lows: Float64Array;
  /** Number of the leaf at a logical block; no entry for a block that limits nothing. */
  readonly #byBlock = new Map<number, number>();

  /** Leaves of a damaged index whose boundary goes back are left out: they limit nothing. */
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

  get count(): number {
    return this.lows.length;
  }

  /** The leaf at a logical block, or ANY_LEAF. */
  leafAt(logical: number): number {
    return this.#byBlock.get(logical) ?? ANY_LEAF;
  }

  /** Hash behind the last of a leaf. */
  end(leaf: number): number {
    return leaf + 1 < this.lows.length ? (this.lows[leaf + 1] as number) : HASH_END;
  }

  isEmpty(leaf: number): boolean {
    return this.end(leaf) <= (this.lows[leaf] as number);
  }

  /** The leaf whose range holds a hash; ANY_LEAF when none does. */
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

  /** Where a hash lies, seen from the range of `leaf`. The end counts as inside: a run of equal hashes may go on. */
  side(leaf: number, hash: number): Side {
    if (hash < (this.lows[leaf] as number)) return SIDE.below;
    return hash > this.end(leaf) ? SIDE.above : SIDE.inside;
  }
}
