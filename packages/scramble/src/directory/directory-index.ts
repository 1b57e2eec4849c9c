import {
  createDxHasher,
  DX_BLOCK_MASK,
  DX_CONTINUED,
  DX_ENTRY_SIZE,
  DX_NODE_ENTRIES,
  DX_ROOT_ENTRIES,
  DX_UNSIGNED,
  type DxHasher,
  dxEntryLayout,
  dxRootLayout,
  isDxBlockSound,
  isDxNode,
  isDxRoot,
  readDxBlock,
} from '@e2image/ext-core/structures';
import type { FileBlocks } from './file-blocks.ts';
import { hasRootShape } from './index-root.ts';

/** One past the largest hash. */
export const HASH_END = 2 ** 32;
/** Means the end of a directory: no name has this hash. */
export const HASH_EOF = 0xffff_fffe;
/** Most levels of inner blocks: those of the largedir feature. */
const MAX_LEVELS = 2;

/** The index of one directory. */
export interface DirectoryIndex {
  /** Parameter of `createDxHasher`: it includes whether characters are signed. */
  readonly hashVersion: number;
  /** Logical block numbers of the leaves, in order of their hashes. */
  readonly leaves: readonly number[];
  /** Lowest hash of each leaf, bit 0 clear. */
  readonly lows: readonly number[];
  /** Inner blocks: logical block number, and the index of the first leaf below. */
  readonly nodes: readonly { readonly logical: number; readonly firstLeaf: number }[];
  /** Whether the index is a valid tree: boundaries ascend, blocks exist, and each is named once. */
  readonly isSound: boolean;
}

/** `s_flags`: characters of names are unsigned. */
const FLAG_UNSIGNED_HASH = 2;

/** `hash_version` of a root with the sign of characters, which versions below 3 take from the superblock's flags. */
export const effectiveHashVersion = (stored: number, superblockFlags: number): number =>
  stored < DX_UNSIGNED && (superblockFlags & FLAG_UNSIGNED_HASH) !== 0 ? stored + DX_UNSIGNED : stored;

/**
 * Read the index of a directory, as far as possible; undefined when block 0 is not a root.
 *
 * Memory: some 30 bytes a leaf.
 */
export function readIndex(file: FileBlocks, blockSize: number, superblockFlags: number): DirectoryIndex | undefined {
  const bytes = file.read(0);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer);
  if (!hasRootShape(view, blockSize)) return undefined;
  const levels = dxRootLayout.indirect_levels.get(view, 0);
  const reader = new IndexReader(file, blockSize);
  reader.isSound = isDxRoot(view, 0, blockSize);
  // With an impossible depth e2fsck still uses the entries of the root as boundaries.
  if (levels > MAX_LEVELS) reader.isSound = false;
  reader.block(view, DX_ROOT_ENTRIES, levels > MAX_LEVELS ? 0 : levels, 0);
  const { leaves, lows, nodes, isSound } = reader;
  const stored = dxRootLayout.hash_version.get(view, 0);
  return {
    hashVersion: effectiveHashVersion(stored, superblockFlags),
    leaves,
    lows,
    nodes,
    isSound: isSound && leaves.length > 0,
  };
}

/** The hasher of an index; undefined when names cannot be hashed, as SipHash needs the encryption key. */
export function indexHasher(index: DirectoryIndex, seed: Uint8Array): DxHasher | undefined {
  try {
    return createDxHasher(index.hashVersion, seed);
  } catch {
    return undefined;
  }
}

class IndexReader {
  readonly leaves: number[] = [];
  readonly lows: number[] = [];
  readonly nodes: { logical: number; firstLeaf: number }[] = [];
  isSound = true;
  readonly #file: FileBlocks;
  readonly #blockSize: number;
  readonly #seen = new Set<number>([0]);

  constructor(file: FileBlocks, blockSize: number) {
    this.#file = file;
    this.#blockSize = blockSize;
  }

  /** Follow the entries of one block. @param low boundary of its first entry, which does not store one */
  block(view: DataView, entries: number, levels: number, low: number): void {
    const array = readDxBlock(view, 0, entries);
    if (!isDxBlockSound(array, this.#blockSize)) {
      this.isSound = false;
      return;
    }
    let previous = low;
    for (let i = 0; i < array.count; i++) {
      const at = entries + i * DX_ENTRY_SIZE;
      const hash = i === 0 ? low : (dxEntryLayout.hash.get(view, at) & ~DX_CONTINUED) >>> 0;
      if (hash < previous) this.isSound = false;
      previous = hash;
      this.#child(dxEntryLayout.block.get(view, at) & DX_BLOCK_MASK, hash, levels);
    }
  }

  #child(logical: number, low: number, levels: number): void {
    if (this.#seen.has(logical) || this.#file.locate(logical) === undefined) {
      this.isSound = false;
      return;
    }
    this.#seen.add(logical);
    if (levels === 0) {
      this.leaves.push(logical);
      this.lows.push(low);
      return;
    }
    const bytes = this.#file.read(logical);
    const view = bytes && new DataView(bytes.buffer);
    if (view === undefined || !isDxNode(view, 0, this.#blockSize)) {
      this.isSound = false;
      return;
    }
    this.nodes.push({ logical, firstLeaf: this.leaves.length });
    this.block(view, DX_NODE_ENTRIES, levels - 1, low);
  }
}
