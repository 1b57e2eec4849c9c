import fc from 'fast-check';
import type { Problem } from '../bytes/problem.ts';
import { openFilesystem } from '../filesystem/filesystem.ts';
import { INCOMPAT } from '../structures/features.ts';
import { INODE, INODE_FLAG, inodeLayout, type MODE } from '../structures/inode.ts';
import { superblockLayout } from '../structures/superblock.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { InodeBlocks, specialFiles } from './inode-blocks.ts';
import type { WalkOptions } from './walk-options.ts';

const f = inodeLayout;
const sb = superblockLayout;

/** Superblock fields at byte 1024. */
const setSuperblock = (
  tiny: TinyFilesystem,
  field: { set(view: DataView, base: number, value: number): void },
  value: number,
) => field.set(tiny.view, 1024, value);

function blocksOf(tiny: TinyFilesystem, options: Partial<WalkOptions> = {}) {
  const runs: string[] = [];
  const problems: Problem[] = [];
  const onProblem = (problem: Problem): void => void problems.push(problem);
  const blocks = new InodeBlocks(
    openFilesystem(tiny),
    { selection: 'compat', allData: false, onProblem, ...options },
    (kind, start, count, owner, logical) => void runs.push(`${kind} of ${owner}: ${start}+${count} at ${logical}`),
  );
  return { blocks, runs, problems };
}

/** What `inode` reports of one inode. */
function walk(tiny: TinyFilesystem, inode: number, options: Partial<WalkOptions> = {}) {
  const { blocks, runs, problems } = blocksOf(tiny, options);
  blocks.inode(inode, tiny.view, tiny.inodeBase(inode));
  return { runs, problems };
}

const ALL = { allData: true };

describe('the kind of a file', () => {
  const kind = (
    inode: number,
    { mode = 'regular' as keyof typeof MODE, flags = 0, prepare = (_: TinyFilesystem) => {} } = {},
  ) => {
    const tiny = new TinyFilesystem();
    setSuperblock(tiny, sb.s_prj_quota_inum, 20);
    setSuperblock(tiny, sb.s_orphan_file_inum, 21);
    prepare(tiny);
    const base = tiny.extents(inode, mode, 0, [[0, 1, 50]]);
    f.i_flags.set(tiny.view, base, INODE_FLAG.extents | flags);
    if (mode === 'symlink') f.i_size_lo.set(tiny.view, base, 100);
    return walk(tiny, inode, ALL).runs.map((run) => run.replace(/ of .*/, ''));
  };

  test.each([
    [INODE.userQuota, 'quota file'],
    [INODE.groupQuota, 'quota file'],
    [5, 'file data'],
    [6, 'file data'],
    [INODE.resize, 'reserved group descriptors'],
    [INODE.journal, 'journal'],
    [9, 'file data'],
    [19, 'file data'],
    [20, 'quota file'],
    [21, 'orphan file'],
    [22, 'file data'],
  ])('of inode %i is %s', (inode, expected) => {
    expect(kind(inode)).toEqual([expected]);
  });

  test('of a folder and a link is their type, whatever their number', () => {
    expect(kind(INODE.journal, { mode: 'directory' })).toEqual(['directory']);
    expect(kind(INODE.journal, { mode: 'symlink' })).toEqual(['symbolic link']);
  });

  test('of an inode with the flag for values is an attribute value, unless its number says more', () => {
    expect(kind(22, { flags: INODE_FLAG.eaInode })).toEqual(['attribute value']);
    expect(kind(INODE.resize, { flags: INODE_FLAG.eaInode })).toEqual(['reserved group descriptors']);
  });
});

test('special files are the journal, the quota files and the orphan file', () => {
  const tiny = new TinyFilesystem();
  setSuperblock(tiny, sb.s_prj_quota_inum, 20);
  setSuperblock(tiny, sb.s_orphan_file_inum, 21);
  expect([...specialFiles(openFilesystem(tiny))].sort((a, b) => a - b)).toEqual([3, 4, 8, 20, 21]);
});

describe('what is selected', () => {
  /** A tree of one node at block 40, with data in block 50. */
  const tree = (inode: number, mode: keyof typeof MODE = 'regular', flags = 0) => {
    const tiny = new TinyFilesystem();
    const base = tiny.extents(inode, mode, 1, [[0, 0, 40]]);
    f.i_flags.set(tiny.view, base, INODE_FLAG.extents | flags);
    tiny.extentNode(40 * 1024, 84, 0, [[0, 1, 50]]);
    return tiny;
  };
  const NODE = 'extent node of 12: 40+1 at 0';

  test('of a file is its tree, and with all data its content', () => {
    expect(walk(tree(12), 12).runs).toEqual([NODE]);
    expect(walk(tree(12), 12, ALL).runs).toEqual([NODE, 'file data of 12: 50+1 at 0']);
  });

  test('of a folder is its content', () => {
    expect(walk(tree(12, 'directory'), 12).runs).toEqual([NODE, 'directory of 12: 50+1 at 0']);
  });

  test('of an attribute value is its tree in compat, and its content when complete', () => {
    const value = () => tree(12, 'regular', INODE_FLAG.eaInode);
    expect(walk(value(), 12).runs).toEqual([NODE]);
    expect(walk(value(), 12, { selection: 'complete' }).runs).toEqual([NODE, 'attribute value of 12: 50+1 at 0']);
  });

  test('of the resize inode is not its content', () => {
    expect(walk(tree(7), 7).runs).toEqual(['extent node of 7: 40+1 at 0']);
  });

  test('is not the content of inline data', () => {
    expect(walk(tree(12, 'directory', INODE_FLAG.inlineData), 12).runs).toEqual([]);
    expect(walk(tree(12, 'regular', INODE_FLAG.inlineData), 12, ALL).runs).toEqual([]);
  });

  test.each(['fifo', 'characterDevice', 'blockDevice', 'socket'] as const)('of a %s is nothing', (mode) => {
    expect(walk(tree(12, mode), 12, ALL).runs).toEqual([]);
  });

  test('is an attribute block, with its high bits under 64bit only', () => {
    const tiny = new TinyFilesystem();
    const base = tiny.mapped(12, 'fifo', {});
    expect(walk(tiny, 12).runs).toEqual([]);
    f.i_file_acl_lo.set(tiny.view, base, 60);
    f.i_file_acl_hi.set(tiny.view, base, 1);
    expect(walk(tiny, 12).runs).toEqual(['extended attribute block of 12: 60+1 at 0']);
    setSuperblock(tiny, sb.s_feature_incompat, 0x42 | INCOMPAT['64bit']);
    setSuperblock(tiny, sb.s_desc_size, 64);
    expect(walk(tiny, 12).runs).toEqual([`extended attribute block of 12: ${2 ** 32 + 60}+1 at 0`]);
  });
});

describe('unwritten blocks', () => {
  const unwritten = (inode: number, mode: keyof typeof MODE) => {
    const tiny = new TinyFilesystem();
    tiny.extents(inode, mode, 0, [[0, 32768 + 2, 50]]);
    return tiny;
  };

  test('of a file are not in a complete selection, because they read as zeros', () => {
    expect(walk(unwritten(12, 'regular'), 12, ALL).runs).toEqual(['file data of 12: 50+2 at 0']);
    expect(walk(unwritten(12, 'regular'), 12, { ...ALL, selection: 'complete' }).runs).toEqual([]);
  });

  test('do not keep written ones out', () => {
    const tiny = new TinyFilesystem();
    tiny.extents(12, 'regular', 0, [[0, 2, 50]]);
    expect(walk(tiny, 12, { ...ALL, selection: 'complete' }).runs).toEqual(['file data of 12: 50+2 at 0']);
  });

  test('of metadata are in both selections', () => {
    for (const selection of ['compat', 'complete'] as const) {
      expect(walk(unwritten(8, 'regular'), 8, { selection }).runs).toEqual(['journal of 8: 50+2 at 0']);
    }
  });
});

test('problems of a map are passed on', () => {
  const tiny = new TinyFilesystem();
  // No node is in block 40.
  tiny.extents(12, 'directory', 1, [[0, 0, 40]]);
  expect(walk(tiny, 12).problems).toMatchObject([{ code: 'bad-extent-node', block: 40 }]);
});

describe('a mapping block that is used twice', () => {
  test('is reported with the inode and the block, and is not walked again', () => {
    const tiny = new TinyFilesystem();
    for (const inode of [12, 13]) tiny.extents(inode, 'directory', 1, [[0, 0, 40]]);
    tiny.extentNode(40 * 1024, 84, 0, [[0, 1, 50]]);
    const { blocks, runs, problems } = blocksOf(tiny);
    for (const inode of [12, 13]) blocks.inode(inode, tiny.view, tiny.inodeBase(inode));
    expect(runs).toEqual(['extent node of 12: 40+1 at 0', 'directory of 12: 50+1 at 0']);
    expect(problems).toEqual([
      {
        code: 'shared-mapping-block',
        message: 'inode 13: mapping block 40 is used twice',
        lost: false,
        block: 40,
        inode: 13,
      },
    ]);
  });

  test('is walked again for content that was not wanted the first time', () => {
    const tiny = new TinyFilesystem();
    tiny.extents(12, 'regular', 1, [[0, 0, 40]]);
    tiny.extents(13, 'directory', 1, [[0, 0, 40]]);
    tiny.extentNode(40 * 1024, 84, 0, [[0, 1, 50]]);
    const { blocks, runs, problems } = blocksOf(tiny);
    for (const inode of [12, 13]) blocks.inode(inode, tiny.view, tiny.inodeBase(inode));
    expect(runs).toContain('directory of 13: 50+1 at 0');
    expect(problems).toEqual([]);
  });

  test('may be in each of its four roles once: an extent node, and the three levels of a map', () => {
    const roles = [
      [0, 'extent node'],
      [0, 'indirect block'],
      [1, 'indirect block'],
      [2, 'indirect block'],
    ] as const;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 43 }), (block) => {
        const { blocks, problems } = blocksOf(new TinyFilesystem());
        for (const [level, kind] of roles) expect(blocks.node(block, level, kind)).toBe(true);
        expect(problems).toEqual([]);
        for (const [level, kind] of roles) expect(blocks.node(block, level, kind)).toBe(false);
        expect(problems).toHaveLength(roles.length);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a plain file', () => {
  const plain = (inode: number, journal = 8) => {
    const tiny = new TinyFilesystem();
    setSuperblock(tiny, sb.s_journal_inum, journal);
    tiny.extents(inode, 'regular', 0, [
      [0, 3, 50],
      [7, 2, 60],
    ]);
    const { blocks, runs } = blocksOf(tiny, ALL);
    blocks.plain(inode, tiny.view, tiny.inodeBase(inode));
    return { runs, walked: walk(tiny, inode, ALL).runs };
  };

  test.each([1, 10, 11, 12])('of number %i is the same as any file', (inode) => {
    const { runs, walked } = plain(inode);
    expect(runs).toEqual([`file data of ${inode}: 50+3 at 0`, `file data of ${inode}: 60+2 at 7`]);
    expect(runs).toEqual(walked);
  });

  // The caller leaves out special files: above 10 their number is not looked at again.
  test.each([
    [10, 'journal'],
    [11, 'file data'],
  ])('of a reserved number may be a special one: %i is %s', (inode, kind) => {
    expect(plain(inode, inode).runs[0]).toBe(`${kind} of ${inode}: 50+3 at 0`);
  });
});

test.each([
  // Links, time of deletion, and whether the scan left the inode out.
  [0, 1, true],
  [0, 0, false],
  [1, 1, false],
  [1, 0, false],
])('an orphan with %i links and deletion time %i is walked: %s', (links, time, isWalked) => {
  const tiny = new TinyFilesystem();
  const base = tiny.extents(12, 'directory', 0, [[0, 1, 50]]);
  f.i_links_count.set(tiny.view, base, links);
  f.i_dtime.set(tiny.view, base, time);
  const { blocks, runs } = blocksOf(tiny);
  blocks.orphan(12, new DataView(tiny.bytes.buffer, base, 128));
  expect(runs).toEqual(isWalked ? ['directory of 12: 50+1 at 0'] : []);
});
