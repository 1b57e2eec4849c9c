import { type DirectoryIndex, HASH_END } from '../directory/directory-index.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import { mix32 } from '../secret/word-mixing.ts';

/** The value in `byBlock` for a block that the index does not name. Odd, which no boundary is. */
export const NO_BOUNDARY = 1;

/** New boundaries of an index. */
export interface BoundaryTable {
  /** Lowest hash of each leaf, ascending. */
  readonly lows: readonly number[];
  /** Lowest hash by the logical number of a leaf or an inner block; `NO_BOUNDARY` for other blocks. */
  readonly byBlock: Uint32Array;
}

/**
 * Make new boundaries: leaf i of N begins at a random hash in the first half of the i-th of N equal parts, with bit 0
 * clear; the first leaf begins at 0. They do not depend on the old boundaries.
 *
 * @param blocks number of blocks of the directory
 */
export function freshBoundaries(hash: KeyedHash, inode: number, index: DirectoryIndex, blocks: number): BoundaryTable {
  hash.digestNumbers(PURPOSE.boundaries, inode, 0);
  const seed = hash.low;
  const count = index.leaves.length;
  const lows = index.leaves.map((_, i) => {
    if (i === 0) return 0;
    const chance = (mix32(seed + i) >>> 0) / HASH_END / 2;
    return (Math.floor(((i + chance) / count) * HASH_END) & ~1) >>> 0;
  });
  const byBlock = new Uint32Array(blocks).fill(NO_BOUNDARY);
  index.leaves.forEach((logical, i) => {
    byBlock[logical] = lows[i] ?? 0;
  });
  for (const { logical, firstLeaf } of index.nodes) byBlock[logical] = lows[firstLeaf] ?? 0;
  return { lows, byBlock };
}

/** Whether a hash is in leaf `leaf` of `count` with any random boundaries. */
export const isWithinFresh = (value: number, leaf: number, count: number): boolean =>
  value >= ((leaf + 0.5) / count) * HASH_END && value < Math.floor(((leaf + 1) / count) * HASH_END) - 1;
