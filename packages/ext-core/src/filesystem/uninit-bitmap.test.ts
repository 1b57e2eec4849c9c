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

  test('metadata of one group in another counts there, cut where a group ends', () => {
    const flex = { ...sb, incompat: INCOMPAT.flex_bg };
    // The table of group 3 begins 28 blocks before the end of group 1, and its bitmaps are the two blocks before.
    const bits = uninitBlockBitmaps(
      flex,
      descs((group) => (group === 3 ? 1 + 2 * 8192 - 30 : 2 ** 48)),
    );
    expect(bits(1)).toEqual([
      { start: 0, count: 1 },
      { start: 1, count: 4 },
      { start: 8192 - 28, count: 28 },
      { start: 8192 - 30, count: 1 },
      { start: 8192 - 29, count: 1 },
    ]);
    expect(bits(2)).toEqual([{ start: 0, count: 100 }]);
    expect(bits(3)).toEqual([
      { start: 0, count: 1 },
      { start: 1, count: 4 },
    ]);
  });

  test('a table may end with the file system, and a block may be its first, but none is outside or 0', () => {
    const end = sb.blocksCount;
    const at = (desc: Partial<GroupDesc>) => (group: number) => ({
      blockBitmap: 0,
      inodeBitmap: 0,
      inodeTable: 0,
      itableUnused: 0,
      flags: group < 2 ? 0 : BG_BLOCK_UNINIT,
      ...(group === 2 ? desc : {}),
    });
    const last = (desc: Partial<GroupDesc>) => uninitBlockBitmaps(sb, at(desc))(3)?.filter(({ start }) => start > 1);
    expect(last({ inodeTable: end - 128 })).toEqual([{ start: 8192 - 128, count: 128 }]);
    expect(last({ inodeTable: end - 127 })).toEqual([]);
    expect(last({ blockBitmap: end - 1, inodeBitmap: end })).toEqual([{ start: 8191, count: 1 }]);
    const first = { ...sb, firstDataBlock: 10 };
    const inFirst = (block: number) => {
      const flags = BG_BLOCK_UNINIT;
      return uninitBlockBitmaps(first, (group) => ({ ...at({})(group), flags, inodeBitmap: group === 2 ? block : 0 }))(
        0,
      );
    };
    expect(inFirst(10)).toContainEqual({ start: 0, count: 1 });
    expect(inFirst(9)?.filter(({ count }) => count === 1)).toEqual([]);
  });

  test('a cluster is in use when one of its blocks is', () => {
    const bigalloc = { ...sb, clusterRatio: 16, clustersPerGroup: 512 };
    const bits = uninitBlockBitmaps(
      bigalloc,
      descs((group) => 1 + group * 8192 + 30),
    );
    // Blocks 0, 1 to 4, 32 to 159, 30, 31.
    expect(bits(1)).toEqual([
      { start: 0, count: 1 },
      { start: 0, count: 1 },
      { start: 2, count: 8 },
      { start: 1, count: 1 },
      { start: 1, count: 1 },
    ]);
  });

  test.each([
    [0, false, [1]],
    [1, true, [0, 1]],
    [2, false, []],
    [31, false, [0]],
    [32, false, [0]],
    [33, false, [0]],
    [34, false, []],
    [63, false, [0]],
    [64, false, [0]],
  ])('with metablock groups, group %d has its copy (%p) and a descriptor block at %j', (group, hasCopy, blocks) => {
    const metaBg = {
      ...sb,
      incompat: INCOMPAT.meta_bg,
      firstMetaBg: 0,
      groupCount: 70,
      blocksCount: 70 * 8192 + 1,
    };
    const none = { blockBitmap: 0, inodeBitmap: 0, inodeTable: 0, itableUnused: 0, flags: BG_BLOCK_UNINIT };
    const runs = uninitBlockBitmaps(metaBg, () => none)(group);
    const head = group === 0 || hasCopy ? [0] : [];
    const starts = group === 0 ? [0, 1] : [...new Set([...head, ...blocks])];
    expect(runs).toEqual(starts.map((start) => ({ start, count: 1 })));
  });

  test('groups before the first metablock group have the table after their copy', () => {
    const metaBg = { ...sb, incompat: INCOMPAT.meta_bg, firstMetaBg: 1 };
    const none = { blockBitmap: 0, inodeBitmap: 0, inodeTable: 0, itableUnused: 0, flags: BG_BLOCK_UNINIT };
    const bits = uninitBlockBitmaps(metaBg, () => none);
    expect([bits(1), bits(2)]).toEqual([
      [
        { start: 0, count: 1 },
        { start: 1, count: 1 },
      ],
      [],
    ]);
  });
});
