import { openFilesystem } from '@e2image/ext-core';
import { INODE_FLAG, inodeLayout } from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { selectBlocks, type WalkOptions } from '@e2image/ext-core/walk';
import { writeJournal } from '../testing/journal-disk.ts';
import { type ClassRun, KIND, OWNER_FLAG } from './block-classes.ts';
import { type Classified, classify } from './classify.ts';

const OPTIONS: WalkOptions = { selection: 'complete', allData: false };

function classified(disk: TinyFilesystem, options: WalkOptions = OPTIONS): Classified {
  const steps = classify(openFilesystem(disk), options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

const kindOf = (disk: TinyFilesystem, block: number): ClassRun['kind'] | undefined =>
  classified(disk).classes.find(block)?.kind;

describe('blocks of a group', () => {
  const { classes } = classified(new TinyFilesystem());

  test('are superblocks, inode tables, or kept', () => {
    expect(classes.find(1)).toMatchObject({ kind: KIND.superblock, owner: 0 });
    expect(classes.find(257)).toMatchObject({ kind: KIND.superblock, owner: 1 });
    expect(classes.find(8)).toMatchObject({ kind: KIND.inodeTable, owner: 0, logical: 0, count: 4 });
    expect(classes.find(263 + 3)).toMatchObject({ kind: KIND.inodeTable, owner: 1, start: 263 });
    // Descriptors, their backup and the bitmaps.
    for (const block of [2, 258, 5, 6, 261, 262]) {
      expect([classes.kept.has(block), classes.fixed.has(block), classes.find(block)]).toEqual([true, true, undefined]);
    }
    expect(classes.find(100)).toBeUndefined();
  });
});

describe('blocks of an inode', () => {
  test('are of the kind that its type makes them', () => {
    const disk = new TinyFilesystem();
    disk.extents(12, 'directory', 0, [[0, 2, 50]]);
    inodeLayout.i_size_lo.set(disk.view, disk.mapped(13, 'symlink', { 0: 52 }), 70);
    inodeLayout.i_file_acl_lo.set(disk.view, disk.mapped(14, 'regular', {}), 53);
    disk.extents(15, 'directory', 1, [[0, 0, 54]]);
    disk.extentNode(54 * TINY.blockSize, 84, 0, [[3, 1, 55]]);
    const value = disk.extents(16, 'regular', 0, [[0, 1, 56]]);
    inodeLayout.i_flags.set(disk.view, value, INODE_FLAG.extents | INODE_FLAG.eaInode);
    const { classes } = classified(disk);
    const found = [50, 51, 52, 53, 54, 55, 56].map((block) => classes.find(block));
    expect(found.map((run) => [run?.kind, run?.owner, run?.logical])).toEqual([
      [KIND.directory, 12, 0],
      [KIND.directory, 12, 0],
      [KIND.symlink, 13, 0],
      [KIND.attributes, 14, 0],
      [KIND.extentNode, 15, 0],
      [KIND.directory, 15, 3],
      [KIND.attributeValue, 16, 0],
    ]);
  });

  test('of a file are kept when its content is wanted; indirect blocks always are', () => {
    const disk = new TinyFilesystem();
    disk.mapped(12, 'regular', { 0: 50, 12: 51 });
    disk.pointers(51, [52]);
    const isKept = (allData: boolean) => {
      const { classes } = classified(disk, { ...OPTIONS, allData });
      return [50, 51, 52].map((block) => [classes.kept.has(block), classes.fixed.has(block)]);
    };
    expect(isKept(false)).toEqual([
      [false, false],
      [true, false],
      [false, false],
    ]);
    expect(isKept(true)).toEqual(new Array(3).fill([true, false]));
  });

  test('know its generation and its flags', () => {
    const disk = new TinyFilesystem();
    const flags = (inode: number, bits: number): void => {
      const base = disk.extents(inode, 'directory', 0, [[0, 1, 40 + inode]]);
      inodeLayout.i_flags.set(disk.view, base, INODE_FLAG.extents | bits);
      inodeLayout.i_generation.set(disk.view, base, 1000 + inode);
    };
    flags(12, INODE_FLAG.index);
    flags(13, INODE_FLAG.encrypt);
    flags(14, INODE_FLAG.casefold);
    flags(15, INODE_FLAG.index | INODE_FLAG.encrypt | INODE_FLAG.casefold);
    flags(16, 0);
    const { classes } = classified(disk);
    const { indexed, encrypted, casefold } = OWNER_FLAG;
    [indexed, encrypted, casefold, indexed | encrypted | casefold, 0].forEach((expected, i) => {
      expect(classes.find(52 + i)).toMatchObject({ flags: expected, generation: 1012 + i });
    });
    // A group is not an inode.
    expect(classes.find(257)).toMatchObject({ flags: 0, generation: 0 });
  });
});

describe('what a file system consists of', () => {
  test('is listed by inode: directories, values, the journal, and entries and values in inodes', () => {
    const disk = new TinyFilesystem();
    writeJournal(disk, { transactions: [] });
    disk.extents(2, 'directory', 0, [[0, 1, 40]]);
    disk.extents(12, 'directory', 0, [
      [0, 2, 50],
      [5, 1, 60],
    ]);
    const inline = disk.mapped(13, 'directory', {});
    inodeLayout.i_flags.set(disk.view, inline, INODE_FLAG.inlineData);
    const file = disk.mapped(14, 'regular', {});
    inodeLayout.i_flags.set(disk.view, file, INODE_FLAG.inlineData);
    const value = disk.extents(16, 'regular', 0, [[0, 1, 56]]);
    inodeLayout.i_flags.set(disk.view, value, INODE_FLAG.extents | INODE_FLAG.eaInode);
    inodeLayout.i_size_lo.set(disk.view, value, 700);
    inodeLayout.i_atime.set(disk.view, value, 0x1234);
    const { classes, directories, inlineDirectories, values, valueInodes, journal } = classified(disk);
    const runsOf = (list: typeof directories) =>
      list.map(({ inode, from, to }) => [
        inode,
        Array.from({ length: to - from }, (_, i) => classes.run(from + i).start),
      ]);
    expect(runsOf(directories)).toEqual([
      [2, [40]],
      [12, [50, 60]],
    ]);
    expect(runsOf(values)).toEqual([[16, [56]]]);
    expect(inlineDirectories).toEqual([13]);
    expect([...valueInodes.values()]).toEqual([{ inode: 16, size: 700, hash: 0x1234 }]);
    expect(journal && runsOf([journal])).toEqual([[8, [100]]]);
  });

  test('is what the walk selects, by the selection', () => {
    const disk = new TinyFilesystem();
    disk.extents(12, 'directory', 0, [[0, 2, 50]]);
    for (const selection of ['compat', 'complete'] as const) {
      const options = { ...OPTIONS, selection };
      const { selected } = classified(disk, options);
      expect([...selected.runs()]).toEqual([...selectBlocks(openFilesystem(disk), options).runs()]);
    }
  });

  test('leaves out runs of which every block is something else already', () => {
    const disk = new TinyFilesystem();
    disk.extents(12, 'directory', 0, [[0, 1, 50]]);
    disk.extents(13, 'directory', 0, [[0, 1, 50]]);
    const { directories } = classified(disk);
    expect(directories.map(({ inode }) => inode)).toEqual([12]);
  });

  test('an MMP block is one', () => {
    const disk = new TinyFilesystem();
    disk.view.setUint32(1024 + 0x60, 0x42 | 0x100, true);
    disk.view.setUint32(1024 + 0x168, 90, true);
    expect(kindOf(disk, 90)).toBe(KIND.mmp);
  });
});
