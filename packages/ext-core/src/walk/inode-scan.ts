import type { BlockSet } from '../block-set/block-set.ts';
import { blocksText } from '../bytes/block-run.ts';
import type { OnProblem } from '../bytes/problem.ts';
import { READ_UNIT, readIsolated } from '../filesystem/block-reader.ts';
import type { Filesystem } from '../filesystem/filesystem.ts';
import { blocksWithoutUnused, inodeTableBlocks, unusedInodes } from '../filesystem/inode-table.ts';
import { BG_INODE_UNINIT, type GroupDesc } from '../structures/group-desc.ts';
import { hasGroupChecksums } from '../structures/superblock.ts';
import { doubtfulInodes, type InodeProof, inodeProof } from './doubtful-inodes.ts';
import { isPlainIn, nextInode } from './plain-file.ts';

/** Where the inode table of a group is, and how much of it was ever used. */
export interface InodeTable {
  /** First block. */
  readonly start: number;
  /** Blocks of the whole table. */
  readonly blocks: number;
  /** Inodes, from the front, that may be in use. */
  readonly usedInodes: number;
  /** Blocks, from the front, that a metadata image needs. One more than `usedInodes` fill when a block is part used. */
  readonly usedBlocks: number;
  /**
   * Inodes, from the front, that the descriptors vouch for: all of them, unless they are those of a backup. The others
   * must prove themselves: see `inodeProof`.
   */
  readonly sureInodes: number;
  /** Blocks, from the front, of which the same is true. */
  readonly sureBlocks: number;
}

/**
 * The inode table of `group`. Without descriptor checksums the unused count means nothing, and the table is used
 * throughout.
 */
export function inodeTable(fs: Filesystem, group: number, desc: GroupDesc, onProblem?: OnProblem): InodeTable {
  const { superblock: sb } = fs;
  const { inodesPerGroup, inodeSize } = sb;
  const unused = unusedInodes(sb, desc);
  if (desc.itableUnused > inodesPerGroup && hasGroupChecksums(sb)) {
    onProblem?.({
      code: 'bad-unused-count',
      message: `group ${group}: ${desc.itableUnused} unused inodes of ${inodesPerGroup}; the whole table is taken as used`,
      lost: false,
      group,
    });
  }
  const usedInodes = inodesPerGroup - unused;
  const usedBlocks = blocksWithoutUnused(sb, unused);
  const doubtful = doubtfulInodes(fs, group);
  const sureInodes = Math.min(usedInodes, inodesPerGroup - doubtful);
  const sureBlocks = doubtful === 0 ? usedBlocks : Math.ceil((sureInodes * inodeSize) / fs.blockSize);
  return { start: desc.inodeTable, blocks: inodeTableBlocks(sb), usedInodes, usedBlocks, sureInodes, sureBlocks };
}

export interface ScanOptions {
  readonly onProblem?: OnProblem;
  /** Blocks of tables to leave out: those that the bad-block inode lists. */
  readonly badBlocks?: BlockSet;
  /** Leave out plain files: see `isPlainFile`. */
  readonly skipPlain?: boolean;
  /** Called with plain files instead of `visit`, where they are not left out. */
  readonly visitPlain?: VisitInode | undefined;
  /** Also inodes without a link count that were never deleted. */
  readonly withUnlinked?: boolean;
  /**
   * Called with table blocks as the scan has read them, from `block` on, so that a copy need not read them again. Not
   * called for holes, nor for a read of which a block failed, or holds inodes that must prove themselves. The bytes are
   * borrowed for the call.
   */
  readonly onTable?: (bytes: Uint8Array, block: number) => void;
  /** Memory of some blocks to read tables into, 256 KiB or more; default: its own. */
  readonly tableBuffer?: Uint8Array | undefined;
  /** Called for each block after the sure ones of a table that contains an inode which proves itself. */
  readonly onProven?: (block: number, group: number) => void;
}

/** Called with the number of an inode and where it is: byte `base` of `view`, valid during the call only. */
export type VisitInode = (inode: number, view: DataView, base: number) => void;

/**
 * Visit inodes with a link count, in the order of the tables: inode numbers ascend. Yields after each read, and
 * between some thousand groups, so that a program can yield to the event loop.
 *
 * Tables are read a buffer at a time; groups that were never used and holes of the source are not read.
 * An unreadable block loses only its own inodes and is reported, as is a table at an impossible block.
 */
export function* scanInodes(fs: Filesystem, options: ScanOptions, visit: VisitInode): Generator<void> {
  const scanner = new InodeScanner(fs, options, visit);
  const skipUninit = hasGroupChecksums(fs.superblock);
  for (let group = 0; group < fs.groupCount; group++) {
    const desc = fs.groupDesc(group);
    if (!(skipUninit && (desc.flags & BG_INODE_UNINIT) !== 0)) yield* scanner.group(group, desc);
    if (group % GROUPS_PER_STEP === GROUPS_PER_STEP - 1) yield;
  }
}

/** Groups of which none was read, because they were never used or are holes. */
const GROUPS_PER_STEP = 4096;

class InodeScanner {
  readonly #fs: Filesystem;
  readonly #options: ScanOptions;
  readonly #visit: VisitInode;
  readonly #buffer: Uint8Array;
  readonly #view: DataView;
  readonly #words: Uint32Array;
  readonly #isProven: InodeProof;

  constructor(fs: Filesystem, options: ScanOptions, visit: VisitInode) {
    this.#fs = fs;
    this.#options = options;
    this.#visit = visit;
    this.#buffer = options.tableBuffer ?? new Uint8Array(Math.max(READ_UNIT, fs.blockSize));
    const { buffer, byteOffset, byteLength } = this.#buffer;
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    this.#isProven = inodeProof(fs);
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
    // One report for everything past the end of the source: a wrong superblock can put millions of blocks there.
    const there = Math.max(0, Math.min(blocks, Math.floor(source.size / blockSize) - table.start));
    if (there < blocks) this.#unreadable(group, table.start + there, blocks - there, 'past the end of the source');
    const perRead = this.#buffer.length / blockSize;
    for (let done = 0; done < there; ) {
      const extent = source.extentAt?.((table.start + done) * blockSize);
      const hole = extent?.kind === 'hole' ? Math.floor(extent.length / blockSize) : 0;
      const count = Math.min(perRead, there - done);
      if (hole === 0) {
        this.#chunk(group, table, done, count);
        yield;
      }
      done += hole > 0 ? hole : count;
    }
  }

  /** `count` blocks of a table, the first `done` of it left out. */
  #chunk(group: number, { start, usedInodes, sureInodes }: InodeTable, done: number, count: number): void {
    const { blockSize, superblock } = this.#fs;
    const { inodeSize, inodesPerGroup } = superblock;
    const block = start + done;
    const first = done * (blockSize / inodeSize);
    const inodes = Math.min(count * (blockSize / inodeSize), usedInodes - first);
    const chunk = this.#buffer.subarray(0, count * blockSize);
    let isWhole = true;
    readIsolated(this.#fs, chunk, block, (bad, reason) => {
      isWhole = false;
      this.#unreadable(group, bad, 1, reason);
    });
    const { badBlocks, onTable, visitPlain, skipPlain = false, withUnlinked = false } = this.#options;
    const sure = sureInodes - first;
    const number = group * inodesPerGroup + first + 1;
    if (inodes > sure) this.#prove(group, block, number, Math.max(0, sure), inodes);
    else if (isWhole) onTable?.(chunk, block);
    const table = { view: this.#view, words: this.#words };
    const next = (from: number): number =>
      nextInode(table, { from, count: inodes, inodeSize, skipPlain, withUnlinked });
    for (let i = next(0); i < inodes; i = next(i + 1)) {
      if (badBlocks?.has(block + Math.floor((i * inodeSize) / blockSize))) continue;
      if (i >= sure && !this.#isProven(number + i, this.#view, i * inodeSize)) continue;
      const visit = visitPlain !== undefined && isPlainIn(table, i * inodeSize) ? visitPlain : this.#visit;
      visit(number + i, this.#view, i * inodeSize);
    }
  }

  /** Report the blocks of the chunk that begins with inode `number` which have a proven one of its inodes `[from, to)`. */
  #prove(group: number, block: number, number: number, from: number, to: number): void {
    const { onProven } = this.#options;
    if (onProven === undefined) return;
    const { inodeSize } = this.#fs.superblock;
    const perBlock = this.#fs.blockSize / inodeSize;
    for (let i = from; i < to; i++) {
      if (!this.#isProven(number + i, this.#view, i * inodeSize)) continue;
      const at = Math.floor(i / perBlock);
      onProven(block + at, group);
      i = (at + 1) * perBlock - 1;
    }
  }

  #badTable(group: number, start: number): void {
    const message = `group ${group}: block ${start} cannot be its inode table`;
    this.#options.onProblem?.({ code: 'bad-inode-table', message, lost: true, group, block: start });
  }

  #unreadable(group: number, block: number, count: number, reason: string): void {
    const message = `inode table of group ${group}: ${blocksText({ start: block, count })} cannot be read (${reason})`;
    this.#options.onProblem?.({ code: 'unreadable', message, lost: true, group, block, count });
  }
}

/** Whether the scan reads an inode: its group was used, and so was its part of the table. */
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
 * @returns a view of `inodeSize` bytes owned by the caller; undefined if this file system has no such inode, if its
 *   table is at an impossible block, or if the source fails
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
