import type { Problem } from '../bytes/problem.ts';
import { openFilesystem } from '../filesystem/filesystem.ts';
import { COMPAT } from '../structures/features.ts';
import { inodeLayout } from '../structures/inode.ts';
import { superblockLayout } from '../structures/superblock.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { badBlocks, orphanInodes } from './listed-inodes.ts';

const f = superblockLayout;

describe('bad blocks', () => {
  test('are those of the map of inode 1, as far as they are in the file system; its mapping blocks are named', () => {
    const tiny = new TinyFilesystem();
    tiny.mapped(1, 'regular', { 0: 50, 1: 9999, 12: 60 });
    tiny.pointers(60, [70, 71]);
    const nodes: number[] = [];
    const set = badBlocks(openFilesystem(tiny), (block) => nodes.push(block));
    expect([...(set?.runs() ?? [])]).toEqual([
      { start: 50, count: 1 },
      { start: 70, count: 2 },
    ]);
    expect(nodes).toEqual([60]);
  });

  test('do not exist where the inode has no blocks', () => {
    const tiny = new TinyFilesystem();
    inodeLayout.i_blocks_lo.set(tiny.view, tiny.mapped(1, 'regular', { 0: 50 }), 0);
    expect(badBlocks(openFilesystem(tiny))).toBeUndefined();
  });
});

/** A file system with an orphan file of two blocks from block 50 on. */
function withOrphanFile(): TinyFilesystem {
  const tiny = new TinyFilesystem();
  f.s_feature_compat.set(tiny.view, 1024, COMPAT.orphan_file);
  f.s_orphan_file_inum.set(tiny.view, 1024, 12);
  tiny.mapped(12, 'regular', { 0: 50, 1: 51, 2: 9999 });
  // The magic number is 8 bytes before the end of each block.
  for (const block of [50, 51]) tiny.view.setUint32(block * 1024 + 1016, 0x0b10_ca04, true);
  return tiny;
}

describe('orphan inodes', () => {
  test('are those of every block of the orphan file, up to the last entry', () => {
    const tiny = withOrphanFile();
    tiny.pointers(50, [20, 0, 21]);
    tiny.view.setUint32(51 * 1024 + 1012, 22, true);
    expect(orphanInodes(openFilesystem(tiny))).toEqual([20, 21, 22]);
  });

  test('are not read from a block without the magic number, nor from one that cannot be read', () => {
    const tiny = withOrphanFile();
    tiny.pointers(50, [20]);
    tiny.pointers(51, [21]);
    tiny.view.setUint32(50 * 1024 + 1016, 0, true);
    expect(orphanInodes(openFilesystem(tiny))).toEqual([21]);
    tiny.unreadable.add(51);
    expect(orphanInodes(openFilesystem(tiny))).toEqual([]);
  });

  test('are not read from a file that the features do not name', () => {
    const tiny = withOrphanFile();
    tiny.pointers(50, [20]);
    f.s_feature_compat.set(tiny.view, 1024, 0);
    expect(orphanInodes(openFilesystem(tiny))).toEqual([]);
  });

  test('of the list come first, each once', () => {
    const tiny = withOrphanFile();
    tiny.pointers(50, [21, 23]);
    f.s_last_orphan.set(tiny.view, 1024, 20);
    inodeLayout.i_dtime.set(tiny.view, tiny.inodeBase(20), 21);
    expect(orphanInodes(openFilesystem(tiny))).toEqual([20, 21, 23]);
  });

  test.each([
    ['returns to its first inode', 20],
    ['leads to a number that is not an inode', 65],
  ])('of a list that %s are those before', (_, next) => {
    const tiny = new TinyFilesystem();
    f.s_last_orphan.set(tiny.view, 1024, 20);
    inodeLayout.i_dtime.set(tiny.view, tiny.inodeBase(20), next);
    const problems: Problem[] = [];
    expect(orphanInodes(openFilesystem(tiny), (problem) => problems.push(problem))).toEqual([20]);
    const message = `orphan list: inode ${next} is invalid or already listed`;
    expect(problems).toEqual([{ code: 'bad-orphan-list', message, lost: false, inode: next }]);
  });
});
