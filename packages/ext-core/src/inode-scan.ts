import { READ_UNIT, readIsolated } from './block-reader.ts';
import type { BlockSet } from './block-set.ts';
import type { Filesystem } from './filesystem.ts';
import { BG_INODE_UNINIT, type GroupDesc } from './group-desc.ts';
import { nextInode } from './plain-inode.ts';
import type { OnProblem } from './problem.ts';
import { hasGroupChecksums } from './superblock.ts';

/** Where the inode table of a group lies, and how much of it was ever used. */
export interface InodeTable {
  /** First block. */
  readonly start: number;
  /** Blocks of the whole table. */
  readonly blocks: number;
  /** Inodes, from the front, that may be in use. */
  readonly usedInodes: number;
  /** Blocks, from the front, that a metadata image needs. One more than `usedInodes` fill when a block is part used. */
  readonly usedBlocks: number;
}

/**
 * The inode table of `group`. Without descriptor checksums the unused count means nothing, and the table is used
 * throughout.
 */
export function inodeTable(fs: Filesystem, group: number, desc: GroupDesc, onProblem?: OnProblem): InodeTable {
  const { inodesPerGroup, inodeSize } = fs.superblock;
  const inodesPerBlock = fs.blockSize / inodeSize;
  const blocks = Math.ceil(inodesPerGroup / inodesPerBlock);
  let unused = hasGroupChecksums(fs.superblock) ? desc.itableUnused : 0;
  if (unused > inodesPerGroup) {
    onProblem?.({
      code: 'bad-unused-count',
      message: `group ${group}: ${unused} unused inodes of ${inodesPerGroup}; the whole table is taken as used`,
      lost: false,
      group,
    });
    unused = 0;
  }
  return {
    start: desc.inodeTable,
    blocks,
    usedInodes: inodesPerGroup - unused,
    usedBlocks: blocks - Math.floor(unused / inodesPerBlock),
  };
}

export interface ScanOptions {
  readonly onProblem?: OnProblem;
  /** Blocks of tables to leave out: those that the bad-block inode lists. */
  readonly badBlocks?: BlockSet;
  /** Leave out plain files: see `isPlainFile`. */
  readonly skipPlain?: boolean;
  /** Also inodes without a link count that were never deleted. */
  readonly withUnlinked?: boolean;
  /**
   * Called with table blocks as the scan has read them, from `block` on, so that a copy need not read them again. Not
   * called for holes, nor for a read of which a block failed. The bytes are borrowed for the call.
   */
  readonly onTable?: (bytes: Uint8Array, block: number) => void;
}

/** Called with the number of an inode and where it lies: byte `base` of `view`, valid during the call only. */
export type VisitInode = (inode: number, view: DataView, base: number) => void;

/**
 * Visit inodes with a link count, in the order of the tables: inode numbers ascend. Yields after each read: a place
 * to give up the stack.
 *
 * Tables are read 256 KiB at a time into one buffer; groups that were never used and holes of the source are not read.
 * An unreadable block costs its own inodes and is told; so is a table whose place is no place.
 */
export function* scanInodes(fs: Filesystem, options: ScanOptions, visit: VisitInode): Generator<void> {
  const scanner = new InodeScanner(fs, options, visit);
  const skipUninit = hasGroupChecksums(fs.superblock);
  for (let group = 0; group < fs.groupCount; group++) {
    const desc = fs.groupDesc(group);
    if (!(skipUninit && (desc.flags & BG_INODE_UNINIT) !== 0)) yield* scanner.group(group, desc);
  }
}

class InodeScanner {
  readonly #fs: Filesystem;
  readonly #options: ScanOptions;
  readonly #visit: VisitInode;
  readonly #buffer: Uint8Array;
  readonly #view: DataView;

  constructor(fs: Filesystem, options: ScanOptions, visit: VisitInode) {
    this.#fs = fs;
    this.#options = options;
    this.#visit = visit;
    this.#buffer = new Uint8Array(Math.max(READ_UNIT, fs.blockSize));
    this.#view = new DataView(this.#buffer.buffer);
  }

  *group(group: number, desc: GroupDesc): Generator<void> {
    const { blockSize, blocksCount, superblock, source } = this.#fs;
    const table = inodeTable(this.#fs, group, desc);
    const blocks = Math.ceil((table.usedInodes * superblock.inodeSize) / blockSize);
    if (blocks === 0) return;
    if (table.start < superblock.firstDataBlock || table.start + blocks > blocksCount || table.start === 0) {
      this.#badTable(group, table.start);
      return;
    }
    // One word for all that lies behind the end of the source: a lying superblock can put millions of blocks there.
    const there = Math.max(0, Math.min(blocks, Math.floor(source.size / blockSize) - table.start));
    if (there < blocks) this.#unreadable(group, table.start + there, blocks - there, 'behind the end of the source');
    const perRead = this.#buffer.length / blockSize;
    const perBlock = blockSize / superblock.inodeSize;
    for (let done = 0; done < there; ) {
      const extent = source.extentAt?.((table.start + done) * blockSize);
      const hole = extent?.kind === 'hole' ? Math.floor(extent.length / blockSize) : 0;
      const count = Math.min(perRead, there - done);
      if (hole === 0) {
        const first = done * perBlock;
        this.#chunk(group, table.start + done, count, first, Math.min(count * perBlock, table.usedInodes - first));
        yield;
      }
      done += hole > 0 ? hole : count;
    }
  }

  /** `inodes` inodes from index `first` of the group on, in `count` blocks from `block` on. */
  #chunk(group: number, block: number, count: number, first: number, inodes: number): void {
    const { blockSize, superblock } = this.#fs;
    const { inodeSize, inodesPerGroup } = superblock;
    const chunk = this.#buffer.subarray(0, count * blockSize);
    let isWhole = true;
    readIsolated(this.#fs, chunk, block, (bad, reason) => {
      isWhole = false;
      this.#unreadable(group, bad, 1, reason);
    });
    const { badBlocks, onTable, skipPlain = false, withUnlinked = false } = this.#options;
    if (isWhole) onTable?.(chunk, block);
    const number = group * inodesPerGroup + first + 1;
    const next = (from: number): number =>
      nextInode(chunk, { from, count: inodes, inodeSize, skipPlain, withUnlinked });
    for (let i = next(0); i < inodes; i = next(i + 1)) {
      if (badBlocks?.has(block + Math.floor((i * inodeSize) / blockSize))) continue;
      this.#visit(number + i, this.#view, i * inodeSize);
    }
  }

  #badTable(group: number, start: number): void {
    const message = `group ${group}: block ${start} cannot be its inode table`;
    this.#options.onProblem?.({ code: 'bad-inode-table', message, lost: true, group, block: start });
  }

  #unreadable(group: number, block: number, count: number, reason: string): void {
    const where = count === 1 ? `block ${block}` : `blocks ${block} to ${block + count - 1}`;
    const message = `inode table of group ${group}: ${where} cannot be read (${reason})`;
    this.#options.onProblem?.({ code: 'unreadable', message, lost: true, group, block, count });
  }
}

/** Whether the scan comes to an inode: its group was used, and so was its place in the table. */
export function isScanned(fs: Filesystem, inode: number): boolean {
  const { inodesPerGroup, inodesCount } = fs.superblock;
  if (inode < 1 || inode > inodesCount) return false;
  const group = Math.floor((inode - 1) / inodesPerGroup);
  const desc = fs.groupDesc(group);
  if (hasGroupChecksums(fs.superblock) && (desc.flags & BG_INODE_UNINIT) !== 0) return false;
  return (inode - 1) % inodesPerGroup < inodeTable(fs, group, desc).usedInodes;
}

/**
 * One inode, read on its own.
 *
 * @returns a view of `inodeSize` bytes owned by the caller; undefined when the number is none of this file system, its
 *   table has no place, or the source fails
 */
export function readInode(fs: Filesystem, inode: number): DataView | undefined {
  const { inodesPerGroup, inodeSize, inodesCount } = fs.superblock;
  if (inode < 1 || inode > inodesCount) return undefined;
  const group = Math.floor((inode - 1) / inodesPerGroup);
  const { inodeTable: start } = fs.groupDesc(group);
  const byte = ((inode - 1) % inodesPerGroup) * inodeSize;
  const block = start + Math.floor(byte / fs.blockSize);
  if (start === 0 || block >= fs.blocksCount) return undefined;
  const bytes = new Uint8Array(fs.blockSize);
  let readable = true;
  readIsolated(fs, bytes, block, () => {
    readable = false;
  });
  return readable ? new DataView(bytes.buffer, byte % fs.blockSize, inodeSize) : undefined;
}
