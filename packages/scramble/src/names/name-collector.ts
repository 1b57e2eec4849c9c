import {
  DIR_ENTRY_HEADER,
  type DxHasher,
  dirEntryLayout,
  INODE,
  isDotName,
  isDxNode,
  isLostAndFound,
} from '@e2image/ext-core/structures';
import { blockRecords, type RecordList } from '../directory/dir-records.ts';
import { hasRootShape } from '../directory/index-root.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import type { KeyTable } from './key-table.ts';
import type { LeafRanges } from './leaf-ranges.ts';
import type { NameSet } from './name-set.ts';
import { ANY_LEAF, type PendingNames, SIDE, type Side } from './pending-names.ts';

/** What the names of one directory are gathered with. */
export interface CollectorParts {
  readonly inode: number;
  /** `OWNER_FLAG`s. */
  readonly flags: number;
  readonly blockSize: number;
  /** Gets the names that wait for new ones. */
  readonly pending: PendingNames;
  /** Gets all names that could be met by a new one. */
  readonly taken: NameSet;
  /** Names that have a new one already. */
  readonly chosen: KeyTable;
  /** Length from which on names that nothing limits need no choosing. */
  readonly safeLength: number;
  readonly ranges: LeafRanges | undefined;
  /** With the old seed: tells defects of the index. */
  readonly hasher: DxHasher | undefined;
}

/** Gathers the names of one directory that need choosing. */
export class NameCollector {
  /** Leaf of the root's `lost+found`; ANY_LEAF when there is none in an index. */
  pinnedLeaf = ANY_LEAF;
  readonly #hash: KeyedHash;
  readonly #parts: CollectorParts;

  constructor(hash: KeyedHash, parts: CollectorParts) {
    this.#hash = hash;
    this.#parts = parts;
  }

  /** The blocks of the directory from `logical` on. */
  blocks(bytes: Uint8Array, logical: number): void {
    const { blockSize, flags, ranges } = this.#parts;
    const isIndexed = (flags & OWNER_FLAG.indexed) !== 0;
    for (let at = 0, number = logical; at < bytes.length; at += blockSize, number++) {
      const block = bytes.subarray(at, at + blockSize);
      const view = new DataView(block.buffer, block.byteOffset, blockSize);
      if (isIndexed && (number === 0 ? hasRootShape(view, blockSize) : isDxNode(view, 0, blockSize))) continue;
      this.records(blockRecords(block, view), ranges?.leafAt(number) ?? ANY_LEAF);
    }
  }

  /** Records of the directory. */
  records(list: RecordList, leaf: number): void {
    const { bytes, view, places } = list;
    for (let i = 0; i < places.length - 1; i++) {
      const at = places[i] as number;
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
    // A name that is there twice is a defect, and stays one.
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
