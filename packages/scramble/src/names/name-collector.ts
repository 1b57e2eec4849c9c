import {
  DIR_ENTRY_HEADER,
  type DxHasher,
  dirEntryLayout,
  INODE,
  isDotName,
  isLostAndFound,
} from '@e2image/ext-core/structures';
import { blockRecords, type RecordList } from '../directory/dir-records.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import type { KeyTable } from './key-table.ts';
import type { LeafRanges } from './leaf-ranges.ts';
import type { NameSet } from './name-set.ts';
import { ANY_LEAF, type PendingNames, SIDE, type Side } from './pending-names.ts';

/** What a collector works on. */
export interface CollectorParts {
  readonly inode: number;
  readonly blockSize: number;
  /** Gets the names that need choosing. */
  readonly pending: PendingNames;
  /** Gets all names that a new name must not be. */
  readonly taken: NameSet;
  /** New names that were chosen before. */
  readonly chosen: KeyTable;
  /** Length from which on names outside an index need no choosing. */
  readonly safeLength: number;
  readonly ranges: LeafRanges | undefined;
  /** Hash with the old seed, by which defects of the index are found. */
  readonly hasher: DxHasher | undefined;
}

/** Collects the names of one directory that need choosing. */
export class NameCollector {
  /** The leaf with `lost+found` of the root; ANY_LEAF when no leaf contains it. */
  pinnedLeaf = ANY_LEAF;
  readonly #hash: KeyedHash;
  readonly #parts: CollectorParts;

  constructor(hash: KeyedHash, parts: CollectorParts) {
    this.#hash = hash;
    this.#parts = parts;
  }

  /** Collect the names in consecutive blocks of the directory, from `logical` on. */
  blocks(bytes: Uint8Array, logical: number): void {
    const { blockSize, ranges } = this.#parts;
    // The records of index blocks are `.`, `..` and unused ones: they contain no names.
    for (let at = 0, number = logical; at < bytes.length; at += blockSize, number++) {
      const block = bytes.subarray(at, at + blockSize);
      const view = new DataView(block.buffer, block.byteOffset, blockSize);
      this.records(blockRecords(block, view), ranges?.leafAt(number) ?? ANY_LEAF);
    }
  }

  /** Collect the names in records of a leaf, or of a block that limits no names: ANY_LEAF. */
  records(list: RecordList, leaf: number): void {
    const { bytes, view, positions } = list;
    for (let i = 0; i < positions.length - 1; i++) {
      const at = positions[i] as number;
      const nameLength = dirEntryLayout.name_len.get(view, at);
      if (nameLength > 0 && dirEntryLayout.inode.get(view, at) !== 0) {
        this.#record(bytes, at + DIR_ENTRY_HEADER, nameLength, leaf);
      }
    }
  }

  #record(bytes: Uint8Array, from: number, length: number, leaf: number): void {
    const { inode, pending, taken, chosen, safeLength, hasher, ranges } = this.#parts;
    if (isDotName(bytes, from, length)) return;
    if (leaf === ANY_LEAF && length >= safeLength) return;
    // A name that exists twice is a defect that must stay: both get the same new name.
    if (!taken.add(bytes, from, length)) return;
    this.#hash.digest(PURPOSE.name, inode, bytes, from, length);
    const { high, low } = this.#hash;
    if (chosen.get(high, low) >= 0) return;
    if (inode === INODE.root && isLostAndFound(bytes, from, length)) {
      this.pinnedLeaf = leaf;
      return;
    }
    let side: Side = SIDE.inside;
    if (leaf !== ANY_LEAF && ranges && hasher) side = ranges.side(leaf, hasher.hash(bytes, from, length));
    pending.add(high, low, length, leaf, side);
  }
}
