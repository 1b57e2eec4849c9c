import type { Filesystem } from '@e2image/ext-core';
import { DX_HASH, type DxHasher } from '@e2image/ext-core/structures';
import type { OnScrambleProblem } from '../base/problem.ts';
import type { RecordList } from '../directory/dir-records.ts';
import { type DirectoryIndex, indexHasher, readIndex } from '../directory/directory-index.ts';
import { type FileBlocks, readBuffer } from '../directory/file-blocks.ts';
import { spell } from '../secret/alphabet.ts';
import type { KeyedHash } from '../secret/keyed-hash.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import { drawNames } from './draw-names.ts';
import { type BoundaryTable, freshBoundaries } from './fresh-boundaries.ts';
import { KeyTable } from './key-table.ts';
import { LeafRanges } from './leaf-ranges.ts';
import { NameCollector } from './name-collector.ts';
import { NameSet } from './name-set.ts';
import { alphabetOf, MAX_SHORT } from './name-streams.ts';
import { ANY_LEAF, PendingNames, SIDE } from './pending-names.ts';

/**
 * The length from which on two computed names of a directory of `count` names are never the same: the chance that two of
 * n names of b bits are is n * n / 2^(b + 1), and this makes it 1 in 2^31. A letter of the smaller alphabet has 5 bits.
 */
const safeLength = (count: number): number => Math.ceil((2 * (32 - Math.clz32(Math.min(count, 0xffff_ffff))) + 30) / 5);

/** Bytes of the shortest record. */
const MIN_RECORD = 12;

/** How the indexes of directories are scrambled. */
export interface IndexRules {
  /** Whether each valid index gets new boundaries. */
  readonly isFresh: boolean;
  /** `s_hash_seed` before and after scrambling. */
  readonly oldSeed: Uint8Array;
  readonly newSeed: Uint8Array;
}

/** One directory as seen in each view (after replay first); index positions come from the first view. */
export interface DirectoryJob {
  readonly inode: number;
  /** `OWNER_FLAG`s. */
  readonly flags: number;
  readonly states: readonly FileBlocks[];
  /** All its records, where they are in memory. */
  readonly lists?: readonly RecordList[];
}

/**
 * Chooses the new names that cannot simply be computed from the old ones: names in an index must fit it, and short names
 * could be the same by chance.
 *
 * For a directory of several blocks or states the names are chosen before any block is scrambled, by `name`. For the
 * others, which are nearly all, they are chosen when their only block is scrambled, by `chosenFor`.
 */
export class DirectoryNamer {
  /** New boundaries, by the inode of the directory. */
  readonly boundaries = new Map<number, BoundaryTable>();
  /** The choice of `drawNames`, by the digest of the old name in its directory. All other names are computed from the digest. */
  readonly #chosen = new KeyTable();
  /** Directories whose names were chosen by `name`. */
  readonly #named = new Set<number>();
  /** The same as `#chosen` for the names of the directory of the last `chosenFor`. */
  readonly #chosenNow = new KeyTable();
  readonly #fs: Filesystem;
  readonly #hash: KeyedHash;
  readonly #rules: IndexRules;
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
    this.#buffer = readBuffer(fs);
  }

  /** Choose the names of one directory, in steps, before any block is scrambled. */
  *name(job: DirectoryJob): Generator<void> {
    this.#named.add(job.inode);
    yield* this.#choose(job, this.#chosen);
  }

  /**
   * The choice for the names of a directory, by the digest of the old name.
   *
   * @param lists all records of the directory; ignored where `name` was called for it
   * @returns a table that is valid until the next call; undefined when all names are computed from the old ones
   */
  chosenFor(inode: number, flags: number, lists: readonly RecordList[]): KeyTable | undefined {
    if (this.#named.has(inode)) return this.#chosen;
    if (areSurelyUnique(lists)) return undefined;
    this.#chosenNow.clear();
    for (const _ of this.#choose({ inode, flags, states: [], lists }, this.#chosenNow));
    return this.#chosenNow;
  }

  *#choose(job: DirectoryJob, chosen: KeyTable): Generator<void> {
    const first = job.states[0];
    const isIndexed = (job.flags & OWNER_FLAG.indexed) !== 0;
    const index = isIndexed && first ? readIndex(first, this.#fs.blockSize, this.#fs.superblock.flags) : undefined;
    this.#pending.clear();
    this.#taken.clear();
    const old = index && new LeafRanges(index);
    const collector = this.#collector(job, chosen, index, old);
    for (const list of job.lists ?? []) collector.records(list, ANY_LEAF);
    for (const state of job.states) {
      yield* state.each(this.#buffer, (bytes, logical) => collector.blocks(bytes, logical), this.#onProblem);
    }
    this.#dropComputed(job);
    if (this.#pending.count === 0 && index === undefined) return;
    yield* this.#draw(job, chosen, index, old, collector.pinnedLeaf);
  }

  #collector(
    job: DirectoryJob,
    chosen: KeyTable,
    index: DirectoryIndex | undefined,
    ranges: LeafRanges | undefined,
  ): NameCollector {
    const { inode, flags } = job;
    const { blockSize } = this.#fs;
    const canHash = index !== undefined && (flags & OWNER_FLAG.casefold) === 0;
    return new NameCollector(this.#hash, {
      inode,
      blockSize,
      pending: this.#pending,
      taken: this.#taken,
      chosen,
      safeLength: safeLength(mostNames(job, blockSize)),
      // SipHash stores the hash with the name: nothing limits the name.
      ranges: index?.hashVersion === DX_HASH.siphash ? undefined : ranges,
      hasher: canHash ? indexHasher(index, this.#rules.oldSeed) : undefined,
    });
  }

  /** Leave to `drawNames` only names that an index limits, short ones, and those whose computed name is used already. */
  #dropComputed({ flags }: DirectoryJob): void {
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
    chosen: KeyTable,
    index: DirectoryIndex | undefined,
    old: LeafRanges | undefined,
    pinnedLeaf: number,
  ): Generator<void> {
    const { inode } = job;
    const hasher = index && indexHasher(index, this.#rules.newSeed);
    const ranges = index && old && hasher && this.#newRanges(job, index, old, hasher, pinnedLeaf);
    let lost = yield* this.#drawFor(job, chosen, ranges, hasher);
    if (lost > 0 && ranges === old && index?.isSound && hasher && this.#isInOrder()) {
      // A leaf is so narrow that no drawn name is in its range.
      const rebuilt = this.#rebuild(job, index, hasher, pinnedLeaf);
      if (rebuilt) lost = yield* this.#drawFor(job, chosen, rebuilt, hasher);
    }
    if (lost > 0) {
      const message = `inode ${inode}: ${lost} new names do not fit its index`;
      this.#onProblem?.({ code: 'names-do-not-fit', message, inode });
    }
  }

  /** @returns number of names without a new one */
  #drawFor(
    { inode, flags }: DirectoryJob,
    chosen: KeyTable,
    ranges: LeafRanges | undefined,
    hasher: DxHasher | undefined,
  ): Generator<void, number> {
    const limits = ranges && { ranges, hasher };
    return drawNames(this.#hash, { inode, flags, pending: this.#pending, taken: this.#taken, chosen, ...limits });
  }

  /** The ranges that new names must be in: those of new boundaries, or the old ones. */
  #newRanges(
    job: DirectoryJob,
    index: DirectoryIndex,
    old: LeafRanges,
    hasher: DxHasher,
    pinnedLeaf: number,
  ): LeafRanges {
    const { inode } = job;
    if (!index.isSound) {
      const message = `inode ${inode}: the index contradicts itself, its boundaries are kept`;
      this.#onProblem?.({ code: 'bad-index', message, inode });
      return old;
    }
    if (!this.#rules.isFresh && !this.#hasFullEmptyLeaf(old)) return old;
    return this.#rebuild(job, index, hasher, pinnedLeaf) ?? old;
  }

  /** Make new boundaries; undefined where `lost+found`, which keeps its name, would not fit them. */
  #rebuild(
    { inode, states }: DirectoryJob,
    index: DirectoryIndex,
    hasher: DxHasher,
    pinnedLeaf: number,
  ): LeafRanges | undefined {
    const blocks = Math.max(...states.map((state) => state.end));
    const table = freshBoundaries(this.#hash, inode, index, blocks);
    const ranges = new LeafRanges({ leaves: index.leaves, lows: table.lows });
    if (pinnedLeaf !== ANY_LEAF && !holdsLostAndFound(ranges, pinnedLeaf, hasher)) return undefined;
    if (!this.#rules.isFresh) {
      const message = `inode ${inode}: a leaf of the index is too narrow for new names, its boundaries are replaced`;
      this.#onProblem?.({ code: 'index-rebuilt', message, inode });
    }
    this.boundaries.set(inode, table);
    return ranges;
  }

  /** Whether all names that wait for a new one were in the range of their leaf. */
  #isInOrder(): boolean {
    const { side, count } = this.#pending;
    return side.subarray(0, count).every((one) => one === SIDE.inside);
  }

  /** Whether names wait for a leaf with an empty range, in which only names of one hash can be. */
  #hasFullEmptyLeaf(ranges: LeafRanges): boolean {
    const { leaf, side, count } = this.#pending;
    for (let at = 0; at < count; at++) {
      if (leaf[at] !== ANY_LEAF && side[at] === SIDE.inside && ranges.isEmpty(leaf[at] as number)) return true;
    }
    return false;
  }
}

function countNames(lists: readonly RecordList[]): number {
  let count = 0;
  for (const { names } of lists) count += names;
  return count;
}

/** Whether no two computed names of a directory can be the same, as in most directories: nothing is chosen for those. */
function areSurelyUnique(lists: readonly RecordList[]): boolean {
  const safe = safeLength(countNames(lists));
  for (const { shortest } of lists) if (shortest < safe) return false;
  return true;
}

/** An upper limit of the number of names of a directory, in its longest state. */
const mostNames = ({ states, lists = [] }: DirectoryJob, blockSize: number): number =>
  Math.max(countNames(lists), ...states.map((state) => (state.end * blockSize) / MIN_RECORD));

const LOST_AND_FOUND = new TextEncoder().encode('lost+found');

/** The hash of `lost+found`, which keeps its name. */
export const lostAndFoundHash = (hasher: DxHasher): number => hasher.hash(LOST_AND_FOUND, 0, LOST_AND_FOUND.length);

const holdsLostAndFound = (ranges: LeafRanges, leaf: number, hasher: DxHasher): boolean =>
  ranges.find(lostAndFoundHash(hasher)) === leaf;
