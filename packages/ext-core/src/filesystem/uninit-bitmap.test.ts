import { INCOMPAT, RO_COMPAT } from '../structures/features.ts';
import { BG_BLOCK_UNINIT, type GroupDesc } from '../structures/group-desc.ts';
import type { Superblock } from '../structures/superblock.ts';
import { tinySuperblock } from '../testing/tiny-filesystem.ts';
import { uninitBlockBitmaps } from './uninit-bitmap.ts';

const sb: Superblock = {
  ...tinySuperblock(),
  blocksCount: 4 * 8192 + 1,
  inodesCount: 4 * 1024,
  blocksPerGroup: 8192,
  clustersPerGroup: 8192,
  inodesPerGroup: 1024,
  groupCount: 4,
  reservedGdtBlocks: 3,
  incompat: 0,
  roCompat: RO_COMPAT.sparse_super | RO_COMPAT.gdt_csum,
  journalInode: 0,
};

/** Group 0 is in use; each of the others is uninitialised, with its metadata where `at` says. */
const descs =
  (at: (group: number) => number) =>
  (group: number): GroupDesc => ({
    blockBitmap: at(group),
    inodeBitmap: at(group) + 1,
    inodeTable: at(group) + 2,
    itableUnused: 0,
    flags: group === 0 ? 0 : BG_BLOCK_UNINIT,
  });

describe('uninitBlockBitmaps', () => {
  test('a group of its own has its superblock copy, descriptors, reserved descriptors, bitmaps and table in use', () => {
    const bits = uninitBlockBitmaps(
      sb,
      descs((group) => 1 + group * 8192 + 5),
    );
    expect(bits(0)).toBeUndefined();
    // Group 1 holds a backup: one block, then 1 descriptor block and 3 reserved ones.
    expect(bits(1)).toEqual([
      { start: 0, count: 1 },
      { start: 1, count: 4 },
      { start: 7, count: 128 },
      { start: 5, count: 1 },
      { start: 6, count: 1 },
    ]);
    expect(bits(2)).not.toContainEqual({ start: 0, count: 1 });
  });

  test('metadata that flex_bg moved elsewhere does not count where it is not', () => {
    const flex = { ...sb, incompat: INCOMPAT.flex_bg };
    const bits = uninitBlockBitmaps(
      flex,
      descs((group) => 1000 + group * 130),
    );
    expect(bits(2)).toEqual([]);
    expect(bits(3)).toEqual([
      { start: 0, count: 1 },
      { start: 1, count: 4 },
    ]);
  });

  test('locations outside the file system set no bit', () => {
    const bits = uninitBlockBitmaps(
      sb,
      descs(() => 2 ** 48),
    );
    expect(bits(2)).toEqual([]);
  });

  test('without checksums on descriptors the flag means nothing', () => {
    const bits = uninitBlockBitmaps(
      { ...sb, roCompat: 0 },
      descs(() => 5),
    );
    expect(bits(2)).toBeUndefined();
  });
});
