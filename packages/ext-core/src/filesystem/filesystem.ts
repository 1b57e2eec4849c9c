import { ExtError } from '../bytes/errors.ts';
import type { OnProblem } from '../bytes/problem.ts';
import type { Source } from '../bytes/source.ts';
import { BG_BLOCK_UNINIT, BG_INODE_UNINIT, type GroupDesc } from '../structures/group-desc.ts';
import { descsPerBlock, primarySuperblockBlock } from '../structures/group-layout.ts';
import {
  BLOCK_SIZES,
  hasGroupChecksums,
  readSuperblock,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  type Superblock,
} from '../structures/superblock.ts';
import { DescBlocks } from './desc-blocks.ts';
import { DescTable } from './desc-table.ts';

export interface OpenOptions {
  /** Block number of the superblock copy to trust. Default: the primary superblock. */
  readonly superblockBlock?: number;
  /** Bytes per block. With `superblockBlock` it says where that is; without, the superblock must agree. */
  readonly blockSize?: number;
  readonly onProblem?: OnProblem;
}

/** An open file system: the values that everything else needs. It does not own the source. */
export interface Filesystem {
  readonly source: Source;
  readonly superblock: Superblock;
  /** The 1,024 bytes that `superblock` was decoded from. */
  readonly superblockBytes: Uint8Array;
  /** Block number of the superblock copy that was trusted. */
  readonly superblockBlock: number;
  readonly blockSize: number;
  readonly blocksCount: number;
  readonly groupCount: number;
  /** All descriptor blocks in sequence, 2 MiB of them in memory at a time. Blocks without a readable copy are zeros. */
  readonly descTable: DescTable;
  /** Descriptor blocks that could not be read: `descTable` has a backup, or zeros, instead. */
  readonly unreadDescBlocks: readonly number[];
  /**
   * The decoded descriptor. If it comes from a backup, its UNINIT flags and unused count are cleared: backups are not
   * kept up to date, and a group that was used since then must not be taken for an empty one.
   */
  groupDesc(group: number): GroupDesc;
  /** Fill `into`, a whole number of blocks, from `block` on, or throw what the source throws. */
  readBlocks(into: Uint8Array, block: number): void;
}

/**
 * Open a file system.
 *
 * Checks the superblock, reads the descriptors once (an unreadable descriptor block is replaced by its backup), and
 * nothing else. Memory: 2 MiB of descriptors, whatever their number.
 *
 * @throws ExtError as `readSuperblock`, and EXT_UNEXPECTED_BLOCK_SIZE, EXT_TRUNCATED, EXT_TOO_LARGE; errors of the
 *   source pass through
 */
export function openFilesystem(source: Source, options: OpenOptions = {}): Filesystem {
  const { superblockBlock, superblockBytes, superblock } = findSuperblock(source, options);
  const { blockSize, blocksCount, groupCount, descSize } = superblock;
  const descBlocks = new DescBlocks(source, superblock, superblockBlock, options.onProblem);
  const descTable = new DescTable(descBlocks, descSize);
  descTable.readAll();
  const { unread } = descBlocks;
  const isFromBackup = (group: number): boolean =>
    superblockBlock > 1 || (unread.size > 0 && unread.has(Math.floor(group / descsPerBlock(superblock))));
  const hasFlags = hasGroupChecksums(superblock);
  if (blocksCount * blockSize > source.size) {
    options.onProblem?.({
      code: 'short-source',
      message: `the file system has ${blocksCount} blocks of ${blockSize} bytes, the source ends at byte ${source.size}`,
      lost: false,
      block: Math.floor(source.size / blockSize),
    });
  }
  return {
    source,
    superblock,
    superblockBytes,
    superblockBlock,
    blockSize,
    blocksCount,
    groupCount,
    descTable,
    get unreadDescBlocks() {
      return [...unread.values()];
    },
    groupDesc(group) {
      const desc = descTable.get(group);
      if (!hasFlags || !isFromBackup(group)) return desc;
      return { ...desc, flags: desc.flags & ~(BG_INODE_UNINIT | BG_BLOCK_UNINIT), itableUnused: 0 };
    },
    readBlocks: (into, block) => source.readAt(into, block * blockSize),
  };
}

interface FoundSuperblock {
  readonly superblockBlock: number;
  readonly superblockBytes: Uint8Array;
  readonly superblock: Superblock;
}

function findSuperblock(source: Source, options: OpenOptions): FoundSuperblock {
  const { superblockBlock, blockSize } = options;
  if (superblockBlock === undefined) {
    const superblockBytes = readRaw(source, SUPERBLOCK_OFFSET);
    const superblock = readSuperblock(superblockBytes);
    checkBlockSize(superblock, blockSize);
    return { superblockBlock: primarySuperblockBlock(superblock), superblockBytes, superblock };
  }
  if (blockSize === undefined) return searchBlockSizes(source, superblockBlock);
  const superblockBytes = readRaw(source, superblockBlock * blockSize);
  const superblock = readSuperblock(superblockBytes);
  checkBlockSize(superblock, blockSize);
  return { superblockBlock, superblockBytes, superblock };
}

/** The byte offset of a backup depends on the block size, which only the backup contains: try each size. */
function searchBlockSizes(source: Source, superblockBlock: number): FoundSuperblock {
  let failure: unknown;
  for (const blockSize of BLOCK_SIZES) {
    try {
      const found = findSuperblock(source, { superblockBlock, blockSize });
      return found;
    } catch (error) {
      // Report the first reason, unless a later size found a superblock with something wrong in it.
      if (failure === undefined || !isWrongPlace(error)) failure = error;
    }
  }
  throw failure;
}

const isWrongPlace = (error: unknown): boolean =>
  error instanceof ExtError && ['EXT_BAD_MAGIC', 'EXT_TRUNCATED'].includes(error.code);

function readRaw(source: Source, offset: number): Uint8Array {
  if (offset + SUPERBLOCK_SIZE > source.size) {
    throw new ExtError('EXT_TRUNCATED', `superblock at byte ${offset}: the source ends at byte ${source.size}`);
  }
  const raw = new Uint8Array(SUPERBLOCK_SIZE);
  source.readAt(raw, offset);
  return raw;
}

function checkBlockSize(superblock: Superblock, expected: number | undefined): void {
  if (expected !== undefined && superblock.blockSize !== expected) {
    throw new ExtError(
      'EXT_UNEXPECTED_BLOCK_SIZE',
      `superblock: block size is ${superblock.blockSize}, expected ${expected}`,
    );
  }
}
