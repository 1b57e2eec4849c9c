import type { Problem } from '../bytes/problem.ts';
import { openFilesystem } from '../filesystem/filesystem.ts';
import { BG_BLOCK_UNINIT, BG_INODE_UNINIT, groupDescLayout } from '../structures/group-desc.ts';
import { INODE_FLAG, inodeLayout } from '../structures/inode.ts';
import { superblockLayout } from '../structures/superblock.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { nameOwners, selectBlocks } from './select-blocks.ts';
import { walkBlocks } from './walk.ts';
import type { Selection } from './walk-options.ts';

/** Superblock, descriptors, and in each of two groups bitmaps and inode table. */
const FIXED = [
  { start: 1, count: 2 },
  { start: 5, count: 6 },
  { start: 261, count: 6 },
];
const fixedAnd = (...blocks: readonly number[]) => {
  const all = [...FIXED.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i)), ...blocks];
  return [...new Set(all)].sort((a, b) => a - b);
};

function select(tiny: TinyFilesystem, options: { selection?: Selection; allData?: boolean } = {}) {
  const problems: Problem[] = [];
  const onProblem = (problem: Problem): void => void problems.push(problem);
  const fs = openFilesystem(tiny, { onProblem });
  const set = selectBlocks(fs, { selection: 'compat', allData: false, onProblem, ...options });
  const blocks = [...set.runs()].flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));
  return { blocks, problems };
}

describe('the selection of an empty file system', () => {
  test('is its fixed places, without backups', () => {
    expect(select(new TinyFilesystem())).toEqual({ blocks: fixedAnd(), problems: [] });
  });
  test('has the backups when complete', () => {
    expect(select(new TinyFilesystem(), { selection: 'complete' }).blocks).toEqual(fixedAnd(257, 258));
  });
});

describe('extents', () => {
  test('a regular file gives the nodes of its tree, and with all data its blocks', () => {
    const tiny = new TinyFilesystem();
    tiny.extents(12, 'regular', 1, [[0, 0, 40]]);
    tiny.extentNode(40 * 1024, 84, 0, [
      [0, 3, 50],
      [3, 1, 60],
    ]);
    expect(select(tiny).blocks).toEqual(fixedAnd(40));
    expect(select(tiny, { allData: true }).blocks).toEqual(fixedAnd(40, 50, 51, 52, 60));
  });

  /** A tree with one node in each level, the nodes in blocks 40 and up, and its data in block 90. */
  function deepTree(depth: number): TinyFilesystem {
    const tiny = new TinyFilesystem();
    tiny.extents(12, 'regular', depth, [[0, 0, 40]]);
    for (let level = depth - 1, block = 40; level >= 0; level--, block++) {
      tiny.extentNode(block * 1024, 84, level, level > 0 ? [[0, 0, block + 1]] : [[0, 1, 90]]);
    }
    return tiny;
  }

  test('a tree of 32 levels is walked to its end, as C does, though the kernel builds 5 at most', () => {
    const nodes = Array.from({ length: 32 }, (_, index) => 40 + index);
    const { blocks, problems } = select(deepTree(32), { allData: true });
    expect(blocks).toEqual(fixedAnd(...nodes, 90));
    expect(problems).toEqual([]);
  });

  test('a tree of 33 levels is reported and not walked', () => {
    const { blocks, problems } = select(deepTree(33), { allData: true });
    expect(blocks).toEqual(fixedAnd());
    expect(problems.map(({ code, lost }) => ({ code, lost }))).toEqual([{ code: 'bad-extent-root', lost: true }]);
  });

  test('unwritten blocks are what C copies, and nothing in a complete image', () => {
    const tiny = new TinyFilesystem();
    tiny.extents(12, 'regular', 0, [[0, 32768 + 2, 50]]);
    expect(select(tiny, { allData: true }).blocks).toEqual(fixedAnd(50, 51));
    expect(select(tiny, { allData: true, selection: 'complete' }).blocks).toEqual(fixedAnd(257, 258));
  });

  test('an extent inside what was walked is left out, one that overlaps is cut', () => {
    const tiny = new TinyFilesystem();
    tiny.extents(12, 'directory', 0, [
      [0, 4, 50],
      [1, 2, 70],
      [2, 4, 80],
    ]);
    expect(select(tiny).blocks).toEqual(fixedAnd(50, 51, 52, 53, 82, 83));
  });

  test('a root without a header loses nothing that C would save, and is reported', () => {
    const tiny = new TinyFilesystem();
    const base = tiny.extents(12, 'directory', 0, [[0, 4, 50]]);
    tiny.view.setUint16(base + 0x28, 0x1234, true);
    const { blocks, problems } = select(tiny);
    expect(blocks).toEqual(fixedAnd());
    expect(problems).toEqual([expect.objectContaining({ code: 'bad-extent-root', inode: 12, lost: false })]);
  });

  test.each([
    ['a node without magic', 0, 'bad-extent-node'],
    ['a node that names itself', 40, 'shared-mapping-block'],
    ['a node outside the file system', 99_999, 'illegal-block'],
  ])('%s ends the walk below it only', (_name, below, code) => {
    const tiny = new TinyFilesystem();
    tiny.extents(12, 'directory', 2, [
      [0, 0, 40],
      [9, 0, 41],
    ]);
    if (below > 0) tiny.extentNode(40 * 1024, 84, 1, [[0, 0, below]]);
    tiny.extentNode(41 * 1024, 84, 1, [[9, 0, 42]]);
    tiny.extentNode(42 * 1024, 84, 0, [[9, 2, 60]]);
    const { blocks, problems } = select(tiny);
    expect(blocks).toEqual(fixedAnd(40, 41, 42, 60, 61));
    expect(problems.map((problem) => problem.code)).toEqual([code]);
  });
});

describe('block maps', () => {
  test('a directory gives all its blocks, a regular file the blocks of its map', () => {
    const tiny = new TinyFilesystem();
    tiny.mapped(12, 'directory', { 0: 50, 1: 51, 12: 40 });
    tiny.pointers(40, [52, 0, 53]);
    tiny.mapped(13, 'regular', { 0: 60, 13: 41 });
    tiny.pointers(41, [42]);
    tiny.pointers(42, [61]);
    expect(select(tiny).blocks).toEqual(fixedAnd(40, 41, 42, 50, 51, 52, 53));
    expect(select(tiny, { allData: true }).blocks).toEqual(fixedAnd(40, 41, 42, 50, 51, 52, 53, 60, 61));
  });

  test('a map that points at itself on every level is read once per level', () => {
    const tiny = new TinyFilesystem();
    tiny.mapped(12, 'directory', { 14: 40 });
    tiny.pointers(40, new Array<number>(256).fill(40));
    const { blocks } = select(tiny);
    expect(blocks).toEqual(fixedAnd(40));
    expect(tiny.blocksRead).toBeLessThan(30);
  });

  test('a pointer outside the file system is reported and does not stop the rest', () => {
    const tiny = new TinyFilesystem();
    tiny.mapped(12, 'directory', { 0: 77_777, 1: 51, 13: 88_888 });
    const { blocks, problems } = select(tiny);
    expect(blocks).toEqual(fixedAnd(51));
    expect(problems.map(({ code, lost, block }) => ({ code, lost, block }))).toEqual([
      { code: 'illegal-block', lost: false, block: 77_777 },
      { code: 'illegal-block', lost: true, block: 88_888 },
    ]);
    expect(problems[0]?.message).toBe(`directory of inode 12: block 77777 is outside the file system of 513 blocks`);
  });
});

describe('inodes', () => {
  test('an attribute block belongs to inodes of every type', () => {
    const tiny = new TinyFilesystem();
    const base = tiny.mapped(12, 'fifo', {});
    inodeLayout.i_file_acl_lo.set(tiny.view, base, 45);
    expect(select(tiny).blocks).toEqual(fixedAnd(45));
  });

  test('inline data has no map, whatever its bytes say', () => {
    const tiny = new TinyFilesystem();
    const base = tiny.mapped(12, 'symlink', { 0: 50 });
    inodeLayout.i_flags.set(tiny.view, base, INODE_FLAG.inlineData);
    inodeLayout.i_file_acl_lo.set(tiny.view, base, 45);
    inodeLayout.i_size_lo.set(tiny.view, base, 90);
    expect(select(tiny)).toEqual({ blocks: fixedAnd(45), problems: [] });
  });

  test('unlinked inodes count when complete, each once though the list comes back to itself', () => {
    const tiny = new TinyFilesystem();
    superblockLayout.s_last_orphan.set(tiny.view, 1024, 12);
    for (const [inode, next, block] of [
      [12, 13, 40],
      [13, 12, 41],
    ] as const) {
      const base = tiny.mapped(inode, 'regular', { 12: block });
      inodeLayout.i_links_count.set(tiny.view, base, 0);
      inodeLayout.i_dtime.set(tiny.view, base, next);
    }
    expect(select(tiny).blocks).toEqual(fixedAnd());
    const { blocks, problems } = select(tiny, { selection: 'complete' });
    expect(blocks).toEqual(fixedAnd(40, 41, 257, 258));
    expect(problems.map((problem) => problem.code)).toEqual(['bad-orphan-list']);
  });

  test('a directory that lost its link count counts when complete', () => {
    const tiny = new TinyFilesystem();
    const base = tiny.mapped(12, 'directory', { 0: 50 });
    inodeLayout.i_links_count.set(tiny.view, base, 0);
    expect(select(tiny).blocks).toEqual(fixedAnd());
    expect(select(tiny, { selection: 'complete' }).blocks).toEqual(fixedAnd(50, 257, 258));
    inodeLayout.i_dtime.set(tiny.view, base, 1);
    expect(select(tiny, { selection: 'complete' }).blocks).toEqual(fixedAnd(257, 258));
  });

  test('blocks that the bad-block inode lists are not read as an inode table', () => {
    const tiny = new TinyFilesystem();
    const bad = tiny.mapped(1, 'regular', { 0: 8 });
    inodeLayout.i_links_count.set(tiny.view, bad, 0);
    tiny.mapped(9, 'directory', { 0: 50 });
    tiny.mapped(17, 'directory', { 0: 51 });
    expect(select(tiny).blocks).toEqual(fixedAnd(51));
  });
});

describe('an unreadable block', () => {
  test('of an inode table costs its own inodes', () => {
    const tiny = new TinyFilesystem();
    tiny.mapped(9, 'directory', { 0: 50 });
    tiny.mapped(17, 'directory', { 0: 51 });
    tiny.unreadable.add(8);
    const { blocks, problems } = select(tiny);
    expect(blocks).toEqual(fixedAnd(51));
    expect(problems).toEqual([expect.objectContaining({ code: 'unreadable', group: 0, block: 8, lost: true })]);
  });

  test('of the descriptors is replaced by a backup', () => {
    const tiny = new TinyFilesystem();
    tiny.bytes.copyWithin(258 * 1024, 2 * 1024, 3 * 1024);
    tiny.unreadable.add(2);
    const message = 'group descriptors from group 0 on: block 2 cannot be read, a backup is used (input/output error)';
    const problem = { code: 'unreadable', message, lost: true, block: 2, group: 0 };
    expect(select(tiny)).toEqual({ blocks: fixedAnd(), problems: [problem] });
    expect(openFilesystem(tiny).unreadDescBlocks).toEqual([2]);
  });

  test('of the descriptors lets no group pass for an empty one that its backup, which is old, calls empty', () => {
    const tiny = new TinyFilesystem();
    superblockLayout.s_feature_ro_compat.set(tiny.view, 1024, 0x11); // with checksums of descriptors
    tiny.mapped(40, 'directory', { 0: 50 });
    tiny.bytes.copyWithin(258 * 1024, 2 * 1024, 3 * 1024);
    groupDescLayout.bg_flags.set(tiny.view, 258 * 1024 + 32, BG_INODE_UNINIT | BG_BLOCK_UNINIT);
    tiny.unreadable.add(2);
    expect(select(tiny).blocks).toContain(50);
  });

  test('is named by what it holds', () => {
    const tiny = new TinyFilesystem();
    tiny.mapped(12, 'directory', { 0: 50, 1: 51 });
    const options = { selection: 'compat', allData: false } as const;
    expect(nameOwners(openFilesystem(tiny), options, [{ start: 8, count: 45 }])).toEqual([
      { start: 8, count: 3, owner: 'inode table of group 0' },
      { start: 11, count: 39, owner: undefined },
      { start: 50, count: 2, owner: 'directory of inode 12' },
      { start: 52, count: 1, owner: undefined },
    ]);
  });
});

test('the walk reports the position within the file', () => {
  const tiny = new TinyFilesystem();
  tiny.extents(12, 'directory', 0, [
    [0, 2, 50],
    [5, 1, 70],
  ]);
  const runs: unknown[] = [];
  walkBlocks(openFilesystem(tiny), { selection: 'compat', allData: false }, (...run) => void runs.push(run));
  expect(runs.filter((run) => Array.isArray(run) && run[0] === 'directory')).toEqual([
    ['directory', 50, 2, 12, 0],
    ['directory', 70, 1, 12, 5],
  ]);
});

test('every kind of block of a group is reported with its number', () => {
  const tiny = new TinyFilesystem();
  const runs: string[] = [];
  walkBlocks(openFilesystem(tiny), { selection: 'complete', allData: false }, (kind, start, count, owner) =>
    runs.push(`${kind} ${start}+${count} of ${owner}`),
  );
  expect(runs).toEqual([
    'superblock 1+1 of 0',
    'group descriptors 2+1 of 0',
    'backup superblock 257+1 of 1',
    'backup group descriptors 258+1 of 0',
    'inode table 7+4 of 0',
    'block bitmap 5+1 of 0',
    'inode bitmap 6+1 of 0',
    'inode table 263+4 of 1',
    'block bitmap 261+1 of 1',
    'inode bitmap 262+1 of 1',
  ]);
});

test('groups without a bitmap, and those that were never used, have none', () => {
  const tiny = new TinyFilesystem();
  superblockLayout.s_feature_ro_compat.set(tiny.view, 1024, 0x11);
  groupDescLayout.bg_block_bitmap_lo.set(tiny.view, 2048, 0);
  groupDescLayout.bg_inode_bitmap_lo.set(tiny.view, 2048, 0);
  groupDescLayout.bg_inode_table_lo.set(tiny.view, 2048, 0);
  groupDescLayout.bg_flags.set(tiny.view, 2080, BG_INODE_UNINIT | BG_BLOCK_UNINIT);
  expect(select(tiny).blocks).toEqual([1, 2]);
});
