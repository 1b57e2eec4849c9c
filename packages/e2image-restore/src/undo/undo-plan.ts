import type { BlockRun } from '@e2image/ext-core/walk';
import { keysPerBlock } from './undo-layout.ts';

/** A run of old content and its offset in the undo file. */
interface PlannedKey {
  /** First block of the file system. */
  readonly target: number;
  /** Bytes of content: whole blocks. */
  readonly length: number;
  /** Byte offset of the content in the undo file. */
  readonly at: number;
}

/** A block of keys and its offset in the undo file. The content of all its keys follows it. */
export interface PlannedKeyBlock {
  /** Byte offset in the undo file. */
  readonly at: number;
  readonly keys: readonly PlannedKey[];
}

/** The complete layout of an undo file. */
export interface UndoPlan {
  /** Bytes of an undo block, and of the unit of targets: both are the block size of the file system. */
  readonly unitSize: number;
  readonly keyBlocks: readonly PlannedKeyBlock[];
  readonly keyCount: number;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Undo blocks of the superblock copy and of the first block of keys. */
export const SUPERBLOCK_AT = 1;
export const FIRST_KEY_BLOCK = 2;

/** Most bytes of one key, which are read and written at once. The format allows 512 units: 512 KiB with blocks of 1 KiB. */
const MAX_KEY = 256 * 1024;

/**
 * Lay out the undo file for blocks that are going to be overwritten.
 *
 * @param runs ascending, disjoint
 * @param blockSize bytes per block of the file system
 */
export function planUndo(runs: Iterable<BlockRun>, blockSize: number): UndoPlan {
  const keyBlocks: PlannedKeyBlock[] = [];
  let keys: PlannedKey[] = [];
  let keyCount = 0;
  let at = FIRST_KEY_BLOCK * blockSize;
  const blocksPerKey = MAX_KEY / blockSize;
  for (const { start, count } of runs) {
    for (let done = 0; done < count; done += blocksPerKey) {
      if (keys.length === 0) {
        keyBlocks.push({ at, keys });
        at += blockSize;
      }
      const length = Math.min(blocksPerKey, count - done) * blockSize;
      keys.push({ target: start + done, length, at });
      keyCount++;
      at += length;
      if (keys.length === keysPerBlock(blockSize)) keys = [];
    }
  }
  return { unitSize: blockSize, keyBlocks, keyCount, size: at };
}
