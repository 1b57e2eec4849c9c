import type { DxHasher } from '@e2image/ext-core/structures';
import { HASH_EOF } from '../directory/directory-index.ts';
import { type Alphabet, LEGAL_BYTES } from '../secret/alphabet.ts';
import type { KeyedHash } from '../secret/keyed-hash.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import type { KeyTable } from './key-table.ts';
import type { LeafRanges } from './leaf-ranges.ts';
import type { NameSet } from './name-set.ts';
import { alphabetOf, GROWN_LENGTH, MAX_SHORT, NameStreams, packName } from './name-streams.ts';
import { type PendingNames, SIDE } from './pending-names.ts';

/** Draws between two yields: some milliseconds. */
const STEP = 8192;
/** Index in the stream of four-character names from which short names that grow take theirs. */
const GROWN_FIRST = 0x4000_0000;

/** The directory for which names are drawn. */
export interface DrawJob {
  readonly inode: number;
  /** `OWNER_FLAG`s of the directory. */
  readonly flags: number;
  readonly pending: PendingNames;
  /** Ranges that the hashes of new names must be in, and the hash; both absent in a directory without an index. */
  readonly ranges?: LeafRanges | undefined;
  readonly hasher?: DxHasher | undefined;
  /** All names that a new one must not be. New names are added. */
  readonly taken: NameSet;
  /** Gets, by the digest of the old name, the index of the new name in its stream, or a packed short name. */
  readonly chosen: KeyTable;
}

/**
 * Choose new names, length by length, the longest first. Names are drawn at random, and each is given to an old name of
 * that length in the leaf that its hash belongs to, if one waits there. This takes about M + B ln B draws for M names in
 * B leaves; a search for each name alone would take M * B.
 *
 * @returns number of names without a new one
 */
export function* drawNames(hash: KeyedHash, job: DrawJob): Generator<void, number> {
  const drawer = new NameDrawer(hash, job);
  const { order, starts } = job.pending.byLength();
  let lost = 0;
  for (let length = 255; length > 0; length--) {
    const names = order.subarray(starts[length] as number, starts[length + 1] as number);
    if (names.length === 0) continue;
    drawer.begin(length, names);
    if (length <= MAX_SHORT) yield* drawer.short();
    else yield* drawer.long(length, 0);
    lost += drawer.wanted;
  }
  return lost;
}

class NameDrawer {
  /** Number of names of this length that still wait. */
  wanted = 0;
  readonly #job: DrawJob;
  readonly #streams: NameStreams;
  readonly #alphabet: Alphabet;
  readonly #bytes = new Uint8Array(256);
  /** First name that waits in each leaf; the last element is for names that no leaf limits. -1 = no name waits. */
  readonly #heads: Int32Array;
  /** The name that waits after each name; -1 = it is the last one. */
  readonly #next: Int32Array;
  /** Names that must stay outside their range. */
  #outside: number[] = [];
  #length = 0;
  /** How many draws are left for the whole directory. */
  #budget: number;

  constructor(hash: KeyedHash, job: DrawJob) {
    this.#job = job;
    this.#streams = new NameStreams(hash, job.inode, job.flags);
    this.#alphabet = alphabetOf(job.flags);
    this.#heads = new Int32Array((job.ranges?.count ?? 0) + 1);
    this.#next = new Int32Array(job.pending.count);
    this.#budget = 10_000_000 + 64 * job.pending.count + 2000 * this.#heads.length;
  }

  /** Begin with the names of one length: put each into the list of its leaf. */
  begin(length: number, names: Uint32Array): void {
    const { ranges, pending } = this.#job;
    const { leaf, side } = pending;
    const any = this.#heads.length - 1;
    this.#heads.fill(-1);
    this.#outside = [];
    this.#length = length;
    this.wanted = names.length;
    for (const name of names) {
      if (side[name] !== SIDE.inside && ranges !== undefined) {
        this.#outside.push(name);
        continue;
      }
      const bin = ranges === undefined || (leaf[name] as number) < 0 ? any : (leaf[name] as number);
      this.#next[name] = this.#heads[bin] as number;
      this.#heads[bin] = name;
    }
  }

  /** Draw names of `length` characters, from index `first` of their stream on. They may be longer than the old ones. */
  *long(length: number, first: number): Generator<void> {
    const isGrown = length > this.#length;
    // Even ranges need some 20 draws for each leaf. This limit is for damaged and hostile indexes.
    const limit = first + Math.min(100_000 + 16 * this.wanted + 200 * this.#heads.length, this.#budget);
    let index = first;
    while (this.wanted > this.#outside.length && index < limit) {
      for (const end = index + STEP; index < end && this.wanted > this.#outside.length; index++) {
        this.#streams.write(this.#bytes, 0, length, index);
        const name = this.#wanting(length);
        if (name >= 0) this.#choose(name, isGrown ? packName(this.#bytes, 0, length) : index);
      }
      yield;
    }
    this.#budget -= index - first;
    if (!isGrown) yield* this.#drawOutside(length, index);
  }

  /** Names of one to three characters: try all of them, in an order that depends on the key. The rest grow to four. */
  *short(): Generator<void> {
    const length = this.#length;
    yield* this.#enumerate(this.#alphabet.characters.subarray(0, this.#alphabet.size), length);
    const isFolded = (this.#job.flags & OWNER_FLAG.casefold) !== 0;
    if (length < MAX_SHORT && !isFolded) yield* this.#enumerate(LEGAL_BYTES, length);
    // Names outside the range of their leaf are a defect and do not grow: they get no new name.
    if (this.wanted > this.#outside.length) yield* this.long(GROWN_LENGTH, GROWN_FIRST + length * 0x1000_0000);
  }

  *#enumerate(characters: Uint8Array, length: number): Generator<void> {
    const total = characters.length ** length;
    const order = this.#streams.order(length);
    const start = order % total;
    const step = coprime(order, total);
    for (let i = 0; i < total && this.wanted > this.#outside.length; i++) {
      let left = (start + i * step) % total;
      for (let at = 0; at < length; at++) {
        this.#bytes[at] = characters[left % characters.length] as number;
        left = Math.floor(left / characters.length);
      }
      const name = this.#wanting(length);
      if (name >= 0) this.#choose(name, packName(this.#bytes, 0, length));
      if (i % STEP === STEP - 1) yield;
    }
  }

  /** The waiting name that gets the name just drawn; -1 when no name may get it. */
  #wanting(length: number): number {
    const { ranges, hasher } = this.#job;
    const any = this.#heads.length - 1;
    let bin = any;
    if (ranges !== undefined && hasher !== undefined) {
      const value = hasher.hash(this.#bytes, 0, length);
      const leaf = value === HASH_EOF ? any : ranges.find(value);
      if (leaf >= 0 && (this.#heads[leaf] as number) >= 0) bin = leaf;
    }
    const name = this.#heads[bin] as number;
    // A name that exists in the directory, or existed before, is not used.
    if (name < 0 || !this.#job.taken.add(this.#bytes, 0, length)) return -1;
    this.#heads[bin] = this.#next[name] as number;
    return name;
  }

  #choose(name: number, value: number): void {
    const { pending, chosen } = this.#job;
    chosen.set(pending.high[name] as number, pending.low[name] as number, value);
    this.wanted--;
  }

  /** A name outside the range of its leaf is a defect: the new name is outside on the same side. */
  *#drawOutside(length: number, first: number): Generator<void> {
    const { ranges, hasher, pending } = this.#job;
    if (ranges === undefined || hasher === undefined) return;
    let index = first;
    const limit = first + Math.min(1_000_000 + 16 * this.#outside.length, this.#budget);
    for (const name of this.#outside.splice(0)) {
      const leaf = pending.leaf[name] as number;
      for (; index < limit; index++) {
        if (index % STEP === 0) yield;
        this.#streams.write(this.#bytes, 0, length, index);
        const value = hasher.hash(this.#bytes, 0, length);
        if (ranges.side(leaf, value) !== pending.side[name] || value === HASH_EOF) continue;
        if (!this.#job.taken.add(this.#bytes, 0, length)) continue;
        this.#choose(name, index++);
        break;
      }
    }
    this.#budget -= index - first;
  }
}

/** A number near `from % total` that is coprime to `total`: steps of this size visit every number below `total`. */
function coprime(from: number, total: number): number {
  let step = (from % total) | 1;
  while (gcd(step, total) !== 1) step += 2;
  return step;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
