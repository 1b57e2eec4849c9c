import { type DirectoryIndex, HASH_END } from '../directory/directory-index.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import { mix32 } from '../secret/word-mixing.ts';

/** What `BoundaryTable.get` gives for a block that the index did not name: no boundary is odd. */
export const NO_BOUNDARY = 1;

/** New boundaries of an index by the block that an entry names, leaves and inner blocks. */
export interface BoundaryTable {
  readonly lows: readonly number[];
  /** By logical block number. */
  readonly byBlock: Uint32Array;
}

/**
 * Even boundaries with some chance in them: leaf i of N begins in the first half of the i-th of N equal parts, with bit
 * 0 clear, and the first at 0. Nothing of the old hashes is left.
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

/** Whether leaf `leaf` of `count` holds a hash whatever chance makes of the boundaries. */
export const isWithinFresh = (value: number, leaf: number, count: number): boolean =>
  value >= ((leaf + 0.5) / count) * HASH_END && value < Math.floor(((leaf + 1) / count) * HASH_END) - 1;
