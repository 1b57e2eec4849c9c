import { BlockSet } from '../block-set/block-set.ts';
import type { Problem } from '../bytes/problem.ts';
import type { Source } from '../bytes/source.ts';
import { type Filesystem, openFilesystem } from '../filesystem/filesystem.ts';
import { BG_INODE_UNINIT, groupDescLayout } from '../structures/group-desc.ts';
import { inodeLayout } from '../structures/inode.ts';
import { superblockLayout } from '../structures/superblock.ts';
import { TINY, TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { inodeTable, isScanned, readInode, type ScanOptions, scanInodes } from './inode-scan.ts';

/** Bytes of the first two descriptors. */
const DESC = [2048, 2080] as const;
/** First blocks of the two inode tables. */
const TABLES = [7, 263] as const;

function withChecksums(tiny: TinyFilesystem): TinyFilesystem {
  superblockLayout.s_feature_ro_compat.set(tiny.view, 1024, 0x11);
  return tiny;
}

/** The inodes that a scan visits, and the problems that it reports. */
function scan(fs: Filesystem, options: ScanOptions = {}): { inodes: number[]; problems: Problem[]; steps: number } {
  const problems: Problem[] = [];
  const inodes: number[] = [];
  let steps = 0;
  const onProblem = (problem: Problem): void => void problems.push(problem);
  for (const _ of scanInodes(fs, { onProblem, ...options }, (inode) => inodes.push(inode))) steps++;
  return { inodes, problems, steps };
}

describe('an inode table', () => {
  test('is used throughout without checksums, whatever the unused count is', () => {
    const tiny = new TinyFilesystem();
    groupDescLayout.bg_itable_unused_lo.set(tiny.view, DESC[0], 20);
    const fs = openFilesystem(tiny);
    expect(inodeTable(fs, 0, fs.groupDesc(0))).toEqual({
      start: TABLES[0],
      blocks: 4,
      usedInodes: 32,
      usedBlocks: 4,
      sureInodes: 32,
      sureBlocks: 4,
    });
  });

  test('is used up to its unused inodes with checksums; a block that is part used counts', () => {
    const tiny = withChecksums(new TinyFilesystem());
    groupDescLayout.bg_itable_unused_lo.set(tiny.view, DESC[0], 20);
    const fs = openFilesystem(tiny);
    const expected = { usedInodes: 12, usedBlocks: 2, sureInodes: 12, sureBlocks: 2 };
    expect(inodeTable(fs, 0, fs.groupDesc(0))).toMatchObject(expected);
  });

  test('is used throughout when the unused count is too large, which is reported', () => {
    const tiny = withChecksums(new TinyFilesystem());
    groupDescLayout.bg_itable_unused_lo.set(tiny.view, DESC[1], 33);
    const fs = openFilesystem(tiny);
    const problems: Problem[] = [];
    expect(inodeTable(fs, 1, fs.groupDesc(1), (problem) => problems.push(problem)).usedInodes).toBe(32);
    const message = 'group 1: 33 unused inodes of 32; the whole table is taken as used';
    expect(problems).toEqual([{ code: 'bad-unused-count', message, lost: false, group: 1 }]);
  });
});

describe('a scan', () => {
  /** Inodes 12 and 40 are directories, 13 is a plain file, 14 was unlinked but not deleted. */
  function populated(): TinyFilesystem {
    const tiny = new TinyFilesystem();
    tiny.mapped(12, 'directory', { 0: 50 });
    tiny.extents(13, 'regular', 0, [[0, 1, 51]]);
    inodeLayout.i_links_count.set(tiny.view, tiny.mapped(14, 'directory', { 0: 52 }), 0);
    tiny.mapped(40, 'directory', { 0: 53 });
    return tiny;
  }

  test('visits linked inodes in ascending order, one step for each table', () => {
    expect(scan(openFilesystem(populated()))).toEqual({ inodes: [12, 13, 40], problems: [], steps: 2 });
  });

  test('leaves out plain files or unlinked inodes, or visits them, as asked', () => {
    const fs = openFilesystem(populated());
    expect(scan(fs, { skipPlain: true }).inodes).toEqual([12, 40]);
    expect(scan(fs, { withUnlinked: true }).inodes).toEqual([12, 13, 14, 40]);
    const plain: number[] = [];
    expect(scan(fs, { visitPlain: (inode) => plain.push(inode) }).inodes).toEqual([12, 40]);
    expect(plain).toEqual([13]);
  });

  test('gives each inode where it is', () => {
    const modes: number[] = [];
    const visit = (_: number, view: DataView, base: number): void =>
      void modes.push(inodeLayout.i_mode.get(view, base));
    for (const _ of scanInodes(openFilesystem(populated()), {}, visit));
    expect(modes).toEqual([0x4000, 0x8000, 0x4000]);
  });

  test('does not read a group that was never used, if descriptors have checksums', () => {
    const tiny = populated();
    groupDescLayout.bg_flags.set(tiny.view, DESC[0], BG_INODE_UNINIT);
    expect(scan(openFilesystem(tiny)).inodes).toEqual([12, 13, 40]);
    expect(scan(openFilesystem(withChecksums(tiny))).inodes).toEqual([40]);
  });

  test('ends with the inodes that are in use', () => {
    const tiny = withChecksums(populated());
    groupDescLayout.bg_itable_unused_lo.set(tiny.view, DESC[0], 20);
    expect(scan(openFilesystem(tiny)).inodes).toEqual([12, 40]);
    groupDescLayout.bg_itable_unused_lo.set(tiny.view, DESC[0], 32);
    expect(scan(openFilesystem(tiny)).inodes).toEqual([40]);
  });

  test('leaves out the inodes of bad blocks', () => {
    const bad = new BlockSet();
    bad.add(TABLES[0] + 1);
    expect(scan(openFilesystem(populated()), { badBlocks: bad }).inodes).toEqual([40]);
  });

  test.each([
    [0, 'block 0'],
    [510, 'block 510'],
  ])('reports a table at block %i, where none can be', (start, what) => {
    const tiny = populated();
    groupDescLayout.bg_inode_table_lo.set(tiny.view, DESC[0], start);
    const { inodes, problems } = scan(openFilesystem(tiny));
    expect(inodes).toEqual([40]);
    const message = `group 0: ${what} cannot be its inode table`;
    expect(problems).toEqual([{ code: 'bad-inode-table', message, lost: true, group: 0, block: start }]);
  });

  test('accepts a table in the last blocks', () => {
    const tiny = populated();
    groupDescLayout.bg_inode_table_lo.set(tiny.view, DESC[0], 509);
    expect(scan(openFilesystem(tiny)).problems).toEqual([]);
  });

  test('reports once what is past the end of a short source', () => {
    const tiny = populated();
    const source: Source = { size: (TABLES[1] + 1) * TINY.blockSize, readAt: tiny.readAt.bind(tiny) };
    const { inodes, problems } = scan(openFilesystem(source));
    expect(inodes).toEqual([12, 13, 40]);
    const message = 'inode table of group 1: blocks 264 to 266 cannot be read (past the end of the source)';
    expect(problems).toEqual([{ code: 'unreadable', message, lost: true, group: 1, block: 264, count: 3 }]);
  });

  test('does not read holes', () => {
    const tiny = populated();
    const hole = { from: TABLES[0] * 1024, to: (TABLES[0] + 4) * 1024 };
    const source: Source = {
      size: tiny.size,
      readAt(into, offset) {
        if (offset < hole.to && offset + into.length > hole.from) throw new RangeError('a hole was read');
        tiny.readAt(into, offset);
      },
      extentAt: (offset) =>
        offset >= hole.from && offset < hole.to
          ? { kind: 'hole', offset, length: hole.to - offset }
          : { kind: 'data', offset, length: tiny.size - offset },
    };
    expect(scan(openFilesystem(source))).toEqual({ inodes: [40], problems: [], steps: 1 });
  });

  test('hands out the tables as it has read them, without those that it could not read whole', () => {
    const tiny = populated();
    tiny.unreadable.add(TABLES[1] + 2);
    const tables: [number, number][] = [];
    const onTable = (bytes: Uint8Array, block: number): void => void tables.push([block, bytes.length]);
    scan(openFilesystem(tiny), { onTable });
    expect(tables).toEqual([[TABLES[0], 4 * 1024]]);
  });

  test('reads a table in pieces if the buffer is smaller', () => {
    const blocks: number[] = [];
    const onTable = (_: Uint8Array, block: number): void => void blocks.push(block);
    const { inodes, steps } = scan(openFilesystem(populated()), { onTable, tableBuffer: new Uint8Array(2048) });
    expect({ inodes, steps, blocks }).toEqual({ inodes: [12, 13, 40], steps: 4, blocks: [7, 9, 263, 265] });
  });
});

describe('one inode', () => {
  test('is read from its table', () => {
    const tiny = new TinyFilesystem();
    tiny.mapped(40, 'symlink', {});
    const view = readInode(openFilesystem(tiny), 40);
    expect(view?.byteLength).toBe(128);
    expect(view && inodeLayout.i_mode.get(view, 0)).toBe(0xa000);
  });

  test.each([[0], [65], [-1]])('%i does not exist', (inode) => {
    expect(readInode(openFilesystem(new TinyFilesystem()), inode)).toBeUndefined();
    expect(isScanned(openFilesystem(new TinyFilesystem()), inode)).toBe(false);
  });

  test('cannot be read from an unreadable block, or a table that is nowhere', () => {
    const tiny = new TinyFilesystem();
    tiny.unreadable.add(TABLES[1]);
    groupDescLayout.bg_inode_table_lo.set(tiny.view, DESC[0], 0);
    const fs = openFilesystem(tiny);
    expect([readInode(fs, 1), readInode(fs, 33)]).toEqual([undefined, undefined]);
    expect(readInode(fs, 41)?.byteLength).toBe(128);
    groupDescLayout.bg_inode_table_lo.set(tiny.view, DESC[0], 513);
    expect(readInode(openFilesystem(tiny), 1)).toBeUndefined();
  });

  test('is scanned unless its group or its part of the table was never used', () => {
    const tiny = withChecksums(new TinyFilesystem());
    groupDescLayout.bg_itable_unused_lo.set(tiny.view, DESC[0], 20);
    groupDescLayout.bg_flags.set(tiny.view, DESC[1], BG_INODE_UNINIT);
    const fs = openFilesystem(tiny);
    expect([1, 12, 13, 32, 33, 64].filter((inode) => isScanned(fs, inode))).toEqual([1, 12]);
  });
});
