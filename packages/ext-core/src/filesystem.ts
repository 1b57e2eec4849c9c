import { ExtError } from './errors.ts';
import { BG_BLOCK_UNINIT, BG_INODE_UNINIT, type GroupDesc, readGroupDesc } from './group-desc.ts';
import {
  descBlockLocation,
  descsPerBlock,
  groupFirstBlock,
  hasSuperblockCopy,
  primarySuperblockBlock,
} from './group-layout.ts';
import type { OnProblem } from './problem.ts';
import type { Source } from './source.ts';
import {
  descBlockCount,
  hasGroupChecksums,
  readSuperblock,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  type Superblock,
} from './superblock.ts';

export interface OpenOptions {
  /** Block number of the superblock copy to trust. Default: the primary superblock. */
  readonly superblockBlock?: number;
  /** Bytes per block. With `superblockBlock` it says where that is; without, the superblock must agree. */
  readonly blockSize?: number;
  readonly onProblem?: OnProblem;
}

/** An opened file system: the values everything else starts from. It owns no descriptor: the source is the caller's. */
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
  /** All descriptor blocks, joined. A descriptor block of which no copy could be read is zeros. */
  readonly descTable: DataView;
  /** Descriptor blocks that could not be read, ascending: a backup, or zeros, is in their place in `descTable`. */
  readonly unreadDescBlocks: readonly number[];
  /**
   * Decoded descriptor. Where it comes from a backup its UNINIT flags and unused count are cleared: backups are not
   * kept up to date, and a group that was used since must not be taken for an empty one.
   */
  groupDesc(group: number): GroupDesc;
  /** Fill `into`, a whole number of blocks, from `block` on, or throw what the source throws. */
  readBlocks(into: Uint8Array, block: number): void;
}

/** Descriptor tables up to this size are held in memory: 2^21 descriptors of 64 bytes, 256 TiB at 4 KiB blocks. */
const MAX_DESC_TABLE = 128 * 1024 * 1024;
/** Block sizes that a file system can have. */
export const BLOCK_SIZES = [1024, 2048, 4096, 8192, 16384, 32768, 65536] as const;

/**
 * Open a file system.
 *
 * Checks the superblock, reads the descriptors (an unreadable descriptor block is replaced by its backup), and nothing
 * else. Memory: the descriptor table, at most 128 MiB.
 *
 * @throws ExtError as `readSuperblock`, and EXT_UNEXPECTED_BLOCK_SIZE, EXT_TRUNCATED, EXT_TOO_LARGE; errors of the
 *   source pass through
 */
export function openFilesystem(source: Source, options: OpenOptions = {}): Filesystem {
  const { superblockBlock, superblockBytes, superblock } = findSuperblock(source, options);
  const { blockSize, blocksCount, groupCount, descSize } = superblock;
  const { descTable, unread } = readDescTable(source, superblock, superblockBlock, options.onProblem);
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
    unreadDescBlocks: [...unread.values()],
    groupDesc(group) {
      const desc = readGroupDesc(descTable, group, descSize);
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

/** Where a backup lies in bytes depends on the block size, which only the backup knows: try each size. */
function searchBlockSizes(source: Source, superblockBlock: number): FoundSuperblock {
  let failure: unknown;
  for (const blockSize of BLOCK_SIZES) {
    try {
      const found = findSuperblock(source, { superblockBlock, blockSize });
      return found;
    } catch (error) {
      // The first reason is the one to tell, unless a later size found a superblock and something wrong in it.
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

/** The descriptors, and which of their blocks could not be read: index in the table -> block number. */
interface DescTable {
  readonly descTable: DataView;
  readonly unread: ReadonlyMap<number, number>;
}

function readDescTable(source: Source, sb: Superblock, superblockBlock: number, onProblem?: OnProblem): DescTable {
  const count = descBlockCount(sb);
  const bytes = count * sb.blockSize;
  if (bytes > MAX_DESC_TABLE) {
    throw new ExtError('EXT_TOO_LARGE', `${sb.groupCount} group descriptors exceed ${MAX_DESC_TABLE} bytes`);
  }
  checkFirstDescBlock(source, sb, superblockBlock);
  const table = new Uint8Array(bytes);
  const unread = new Map<number, number>();
  for (let index = 0; index < count; index++) {
    const into = table.subarray(index * sb.blockSize, (index + 1) * sb.blockSize);
    const failure = readFirstReadable(source, sb, descCopies(sb, superblockBlock, index), into);
    if (failure === undefined) continue;
    const block = descBlockLocation(sb, superblockBlock, index);
    const group = index * descsPerBlock(sb);
    unread.set(index, block);
    const what = failure.isReplaced ? `block ${block} cannot be read, a backup is used` : 'no copy can be read';
    const message = `group descriptors from group ${group} on: ${what} (${failure.reason})`;
    onProblem?.({ code: 'unreadable', message, lost: true, block, group });
  }
  return { descTable: new DataView(table.buffer), unread };
}

/** A source that ends before its first descriptor is no file system worth going on with. */
function checkFirstDescBlock(source: Source, sb: Superblock, superblockBlock: number): void {
  const end = (descBlockLocation(sb, superblockBlock, 0) + 1) * sb.blockSize;
  if (end > source.size) {
    throw new ExtError('EXT_TRUNCATED', `group descriptors end at byte ${end}, the source at byte ${source.size}`, {
      detail: { block: descBlockLocation(sb, superblockBlock, 0) },
    });
  }
}

/** Where descriptor block `index` can be read, the best first: the trusted table, then the copies. */
function* descCopies(sb: Superblock, superblockBlock: number, index: number): Generator<number> {
  yield descBlockLocation(sb, superblockBlock, index);
  // The first backups are enough: a disk that lost four copies of one block has lost more than that.
  let copies = 0;
  for (let group = 1; group < Math.min(sb.groupCount, 128) && copies < 3; group++) {
    if (!hasSuperblockCopy(sb, group)) continue;
    copies++;
    yield descBlockLocation(sb, groupFirstBlock(sb, group), index);
  }
}

/** @returns undefined when the first could be read, else why not; `into` is zeros when none could */
function readFirstReadable(
  source: Source,
  sb: Superblock,
  blocks: Iterable<number>,
  into: Uint8Array,
): { readonly reason: string; readonly isReplaced: boolean } | undefined {
  let reason: string | undefined;
  for (const block of blocks) {
    if ((block + 1) * sb.blockSize > source.size) {
      reason ??= `block ${block} lies behind the end of the source`;
      continue;
    }
    try {
      source.readAt(into, block * sb.blockSize);
      return reason === undefined ? undefined : { reason, isReplaced: true };
    } catch (error) {
      reason ??= ioFailure(error);
    }
  }
  into.fill(0);
  return reason === undefined ? undefined : { reason, isReplaced: false };
}

/**
 * What an error of a source says. Errors without a code are bugs, and go on their way; so does that of a device which is
 * not there any more: its blocks are not bad.
 *
 * @throws the error itself when it has no code, or ENODEV
 */
export function ioFailure(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    if (error.code === 'ENODEV') throw error;
    return 'message' in error ? String(error.message) : error.code;
  }
  throw error;
}
