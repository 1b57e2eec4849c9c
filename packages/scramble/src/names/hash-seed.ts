import type { Filesystem } from '@e2image/ext-core';
import {
  DIR_ENTRY_HEADER,
  DX_HASH,
  DX_UNSIGNED,
  dirEntryLayout,
  INODE,
  isLostAndFound,
} from '@e2image/ext-core/structures';
import { blockRecords } from '../directory/dir-records.ts';
import { indexHasher, readIndex } from '../directory/directory-index.ts';
import { FileBlocks } from '../directory/file-blocks.ts';
import { type KeyedHash, PURPOSE } from '../secret/keyed-hash.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import type { Classified } from '../survey/classify.ts';
import { lostAndFoundHash } from './directory-namer.ts';
import { isWithinFresh } from './fresh-boundaries.ts';
import { LeafRanges } from './leaf-ranges.ts';
import { ANY_LEAF } from './pending-names.ts';

/** Most seeds that are tried. About two are needed for each leaf; no root has 500,000 leaves. */
const TRIES = 1_000_000;

/** Seed number `index`, computed from the key. */
function seedAt(hash: KeyedHash, index: number): Uint8Array {
  const seed = new Uint8Array(16);
  const view = new DataView(seed.buffer);
  for (let half = 0; half < 2; half++) {
    hash.digestNumbers(PURPOSE.hashSeed, index, half);
    view.setInt32(8 * half, hash.high);
    view.setInt32(8 * half + 4, hash.low);
  }
  return seed;
}

/**
 * Choose a new hash seed. `lost+found` keeps its name: where the root has an index, the new hash of that name must be in
 * the range of the same leaf. Seeds are tried until it is, about two for each leaf.
 *
 * @param tries number of seeds to try
 * @returns undefined when no seed fits
 */
export function chooseHashSeed(
  fs: Filesystem,
  hash: KeyedHash,
  classified: Classified,
  tries = TRIES,
): Uint8Array | undefined {
  const pinned = pinnedLeaf(fs, classified);
  if (pinned === undefined) return seedAt(hash, 0);
  for (let index = 0; index < tries; index++) {
    const seed = seedAt(hash, index);
    if (pinned(seed)) return seed;
  }
  return undefined;
}

/** A function that returns whether a seed keeps `lost+found` in its leaf; undefined when every seed does. */
function pinnedLeaf(fs: Filesystem, { classes, directories }: Classified): ((seed: Uint8Array) => boolean) | undefined {
  const root = directories.find(({ inode }) => inode === INODE.root);
  if (root === undefined) return undefined;
  const file = new FileBlocks(fs, classes, root);
  if (((file.first?.flags ?? 0) & OWNER_FLAG.indexed) === 0) return undefined;
  const index = readIndex(file, fs.blockSize, fs.superblock.flags);
  if (index === undefined || indexHasher(index, new Uint8Array(16)) === undefined) return undefined;
  // The legacy hash does not use the seed.
  if (index.hashVersion % DX_UNSIGNED === DX_HASH.legacy) return undefined;
  const logical = index.leaves.find((leaf) => holdsLostAndFound(file.read(leaf)));
  if (logical === undefined) return undefined;
  const ranges = new LeafRanges(index);
  const leaf = ranges.leafAt(logical);
  if (leaf === ANY_LEAF) return undefined;
  return (seed) => {
    const hasher = indexHasher(index, seed);
    const value = hasher ? lostAndFoundHash(hasher) : 0;
    return index.isSound ? isWithinFresh(value, leaf, ranges.count) : ranges.find(value) === leaf;
  };
}

function holdsLostAndFound(bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined) return false;
  const { view, positions } = blockRecords(bytes, new DataView(bytes.buffer));
  return positions.slice(0, -1).some((at) => {
    const nameLength = dirEntryLayout.name_len.get(view, at);
    return dirEntryLayout.inode.get(view, at) !== 0 && isLostAndFound(bytes, at + DIR_ENTRY_HEADER, nameLength);
  });
}
