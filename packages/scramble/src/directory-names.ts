import {
  DX_HASH,
  type DxHasher,
  type Filesystem,
  INODE,
  isDotName,
  isDxNode,
  isLostAndFound,
  superblockLayout,
} from '@e2image/ext-core';
import { spell } from './alphabet.ts';
import { OWNER_FLAG } from './block-classes.ts';
import { walkRecords } from './dir-records.ts';
import { type FileBlocks, readBuffer } from './directory-blocks.ts';
import { type DirectoryIndex, indexHasher, readIndex } from './directory-index.ts';
import { drawNames } from './draw-names.ts';
import { type BoundaryTable, freshBoundaries } from './fresh-boundaries.ts';
import { hasRootShape } from './index-root.ts';
import { KeyTable } from './key-table.ts';
import { type KeyedHash, PURPOSE } from './keyed-hash.ts';
import { LeafRanges } from './leaf-ranges.ts';
import { NameSet } from './name-set.ts';
import { alphabetOf, MAX_SHORT } from './name-source.ts';
import { ANY_LEAF, PendingNames, SIDE, type Side } from './pending-names.ts';
import type { OnScrambleProblem } from './problem.ts';

/**
 * From this length on no two keyed names of a directory of `bytes` bytes are the same: with n names of b bits the chance
 * is n * n / 2^(b + 1), and this leaves one in 2^31. A record has 12 bytes at least, a letter of the poorer alphabet
 * some 5 bits.
 */
export const safeLength = (bytes: number): number => Math.ceil((2 * Math.log2(Math.max(1, bytes / 12)) + 30) / 5);

/** How the indexes of directories are treated. */
export interface IndexRules {
  /** Make boundaries anew where the index is sound. */
  readonly isFresh: boolean;
  /** `s_hash_seed` as it is, and as it will be. */
  readonly oldSeed: Uint8Array;
  readonly newSeed: Uint8Array;
}

/** One directory, in each state of the file system that matters: the first has the index that counts. */
export interface DirectoryJob {
  readonly inode: number;
  /** `OWNER_FLAG`s. */
  readonly flags: number;
  readonly states: readonly FileBlocks[];
  /** Entries inside the inode: records of an inline directory, whole spans. */
  readonly inline?: readonly Uint8Array[];
}

/** Chooses the new names of directories that need choosing: those in an index, and those that could meet. */
export class DirectoryNamer {
  /** By the digest of an old name in its directory: what `drawNames` chose. Other names follow from their digest. */
  readonly chosen = new KeyTable();
  /** By inode: directories with new boundaries. */
  readonly boundaries = new Map<number, BoundaryTable>();
  readonly #fs: Filesystem;
  readonly #hash: KeyedHash;
  readonly #rules: IndexRules;
  readonly #superblockFlags: number;
  readonly #onProblem: OnScrambleProblem | undefined;
  readonly #buffer: Uint8Array;
  readonly #scratch = new Uint8Array(256);
  readonly #pending = new PendingNames();
  readonly #taken = new NameSet();

  constructor(fs: Filesystem, hash: KeyedHash, rules: IndexRules, onProblem?: OnScrambleProblem) {
    this.#fs = fs;
    this.#hash = hash;
    this.#rules = rules;
    this.#onProblem = onProblem;
    const view = new DataView(fs.superblockBytes.buffer, fs.superblockBytes.byteOffset);
    this.#superblockFlags = superblockLayout.s_flags.get(view, 0);
    this.#buffer = readBuffer(fs);
  }

  /** Choose the names of one directory. */
  *name(job: DirectoryJob): Generator<void> {
    const first = job.states[0];
    const isIndexed = (job.flags & OWNER_FLAG.indexed) !== 0;
    const index = isIndexed && first ? readIndex(first, this.#fs.blockSize, this.#superblockFlags) : undefined;
    this.#pending.clear();
    this.#taken.clear();
    const old = index && new LeafRanges(index);
    const collector = this.#collector(job, index, old);
    for (const bytes of job.inline ?? []) collector.records(new DataView(bytes.buffer), bytes, ANY_LEAF, false);
    for (const state of job.states) {
      yield* state.each(this.#buffer, (bytes, logical) => collector.blocks(bytes, logical), this.#onProblem);
    }
    this.#settleKeyed(job);
    if (this.#pending.count === 0 && index === undefined) return;
    yield* this.#draw(job, index, old, collector.pinnedLeaf);
  }

  #collector(job: DirectoryJob, index: DirectoryIndex | undefined, ranges: LeafRanges | undefined): Collector {
    const canHash = index !== undefined && (job.flags & OWNER_FLAG.casefold) === 0;
    return new Collector(this.#hash, job, {
      blockSize: this.#fs.blockSize,
      pending: this.#pending,
      taken: this.#taken,
      chosen: this.chosen,
      safeLength: safeLength(bytesOf(job, this.#fs.blockSize)),
      // SipHash stores the hash with the name: nothing limits the name.
      ranges: index?.hashVersion === DX_HASH.siphash ? undefined : ranges,
      hasher: canHash ? indexHasher(index, this.#rules.oldSeed) : undefined,
    });
  }

  /** Names that nothing limits follow from their digest, unless two of them would be the same. */
  #settleKeyed({ flags }: DirectoryJob): void {
    const pending = this.#pending;
    const alphabet = alphabetOf(flags);
    pending.filter((at) => {
      const length = pending.length[at] as number;
      if (pending.leaf[at] !== ANY_LEAF || length <= MAX_SHORT) return true;
      spell(this.#scratch, 0, length, pending.high[at] as number, pending.low[at] as number, alphabet);
      return !this.#taken.add(this.#scratch, 0, length);
    });
  }

  *#draw(
    job: DirectoryJob,
    index: DirectoryIndex | undefined,
    old: LeafRanges | undefined,
    pinnedLeaf: number,
  ): Generator<void> {
    const { inode, flags } = job;
    const hasher = index && indexHasher(index, this.#rules.newSeed);
    const ranges = index && old && hasher && this.#newRanges(job, index, old, hasher, pinnedLeaf);
    const lost = yield* drawNames(this.#hash, {
      inode,
      flags,
      pending: this.#pending,
      taken: this.#taken,
      chosen: this.chosen,
      ...(ranges && { ranges, hasher }),
    });
    if (lost > 0) {
      const message = `inode ${inode}: ${lost} new names do not fit its index`;
      this.#onProblem?.({ code: 'names-do-not-fit', message, inode });
    }
  }

  /** The ranges that new names must fit: those of new boundaries, or the old ones. */
  #newRanges(
    job: DirectoryJob,
    index: DirectoryIndex,
    old: LeafRanges,
    hasher: DxHasher,
    pinnedLeaf: number,
  ): LeafRanges {
    const { inode } = job;
    if (!index.isSound) {
      const message = `inode ${inode}: its index contradicts itself, the boundaries are kept`;
      this.#onProblem?.({ code: 'bad-index', message, inode });
      return old;
    }
    const isStuck = !this.#rules.isFresh && this.#hasFullEmptyLeaf(old);
    if (!this.#rules.isFresh && !isStuck) return old;
    const blocks = Math.max(...job.states.map((state) => state.end));
    const table = freshBoundaries(this.#hash, inode, index, blocks);
    const ranges = new LeafRanges({ leaves: index.leaves, lows: table.lows });
    if (pinnedLeaf !== ANY_LEAF && !holdsLostAndFound(ranges, pinnedLeaf, hasher)) return old;
    if (isStuck) {
      const message = `inode ${inode}: a leaf of its index has no room for new names, the boundaries are made anew`;
      this.#onProblem?.({ code: 'index-made-anew', message, inode });
    }
    this.boundaries.set(inode, table);
    return ranges;
  }

  /** Whether names wait for a leaf that can hold none but those of one hash. */
  #hasFullEmptyLeaf(ranges: LeafRanges): boolean {
    const { leaf, side, count } = this.#pending;
    for (let at = 0; at < count; at++) {
      if (leaf[at] !== ANY_LEAF && side[at] === SIDE.inside && ranges.isEmpty(leaf[at] as number)) return true;
    }
    return false;
  }
}

/** Bytes of a directory, or more: of all its states. */
const bytesOf = ({ states }: DirectoryJob, blockSize: number): number =>
  Math.max(1, ...states.map((state) => state.end)) * blockSize;

const LOST_AND_FOUND = new TextEncoder().encode('lost+found');

/** The hash of `lost+found`, which keeps its name. */
export const lostAndFoundHash = (hasher: DxHasher): number => hasher.hash(LOST_AND_FOUND, 0, LOST_AND_FOUND.length);

const holdsLostAndFound = (ranges: LeafRanges, leaf: number, hasher: DxHasher): boolean =>
  ranges.find(lostAndFoundHash(hasher)) === leaf;

interface CollectorParts {
  readonly blockSize: number;
  readonly pending: PendingNames;
  readonly taken: NameSet;
  readonly chosen: KeyTable;
  /** Length from which on names that nothing limits need no choosing. */
  readonly safeLength: number;
  readonly ranges: LeafRanges | undefined;
  /** With the old seed: tells defects of the index. */
  readonly hasher: DxHasher | undefined;
}

/** Gathers the names of one directory that need choosing. */
class Collector {
  /** Leaf of the root's `lost+found`; ANY_LEAF when there is none in an index. */
  pinnedLeaf = ANY_LEAF;
  readonly #hash: KeyedHash;
  readonly #job: DirectoryJob;
  readonly #parts: CollectorParts;

  constructor(hash: KeyedHash, job: DirectoryJob, parts: CollectorParts) {
    this.#hash = hash;
    this.#job = job;
    this.#parts = parts;
  }

  blocks(bytes: Uint8Array, logical: number): void {
    const { blockSize, ranges } = this.#parts;
    const isIndexed = (this.#job.flags & OWNER_FLAG.indexed) !== 0;
    for (let at = 0, number = logical; at < bytes.length; at += blockSize, number++) {
      const block = bytes.subarray(at, at + blockSize);
      const view = new DataView(block.buffer, block.byteOffset, blockSize);
      const isIndex = number === 0 ? hasRootShape(view, blockSize) : isDxNode(view, 0, blockSize);
      if (isIndexed && isIndex) continue;
      this.records(view, block, ranges?.leafAt(number) ?? ANY_LEAF, true);
    }
  }

  records(view: DataView, bytes: Uint8Array, leaf: number, tail: boolean): void {
    walkRecords(view, { from: 0, to: bytes.length, tail }, (at, _length, nameLength, inode) => {
      if (inode !== 0 && nameLength > 0) this.#record(bytes, at + 8, nameLength, leaf);
    });
  }

  #record(bytes: Uint8Array, from: number, length: number, leaf: number): void {
    const { pending, taken, chosen, hasher, ranges } = this.#parts;
    if (isDotName(bytes, from, length)) return;
    if (leaf === ANY_LEAF && length >= this.#parts.safeLength) return;
    // A name that is there twice is a defect, and stays one.
    if (!taken.add(bytes, from, length)) return;
    this.#hash.digest(PURPOSE.name, this.#job.inode, bytes, from, length);
    const { high, low } = this.#hash;
    if (chosen.get(high, low) >= 0) return;
    if (this.#job.inode === INODE.root && isLostAndFound(bytes, from, length)) {
      this.pinnedLeaf = leaf;
      return;
    }
    let side: Side = SIDE.inside;
    if (leaf !== ANY_LEAF && ranges && hasher) side = ranges.side(leaf, hasher.hash(bytes, from, length));
    pending.add(high, low, length, leaf, side);
  }
}
