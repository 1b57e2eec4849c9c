import { openFilesystem } from '../filesystem/filesystem.ts';
import { groupDescLayout } from '../structures/group-desc.ts';
import { superblockLayout } from '../structures/superblock.ts';
import { TINY, TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { selectBlocks } from './select-blocks.ts';

const BACKUP = 257;
/** First block of the inode table of group 1. */
const TABLE = 263;

/** Checksums of descriptors, a backup that calls group 1 never used, and noise in its inode table. */
function staleBackup(): TinyFilesystem {
  const tiny = new TinyFilesystem();
  superblockLayout.s_feature_ro_compat.set(tiny.view, 1024, 0x11);
  groupDescLayout.bg_flags.set(tiny.view, 2 * 1024 + 32, 0x3);
  groupDescLayout.bg_itable_unused_lo.set(tiny.view, 2 * 1024 + 32, 32);
  tiny.bytes.copyWithin(BACKUP * 1024, 1024, 3 * 1024);
  let state = 1;
  for (let at = TABLE * 1024; at < (TABLE + TINY.tableBlocks) * 1024; at++) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    tiny.bytes[at] = state >>> 16;
  }
  return tiny;
}

/** What is selected in group 1, and what was found wrong. */
function imaged(tiny: TinyFilesystem, selection: 'compat' | 'complete') {
  const problems: string[] = [];
  const fs = openFilesystem(tiny, { superblockBlock: BACKUP });
  const onProblem = ({ message }: { message: string }): void => void problems.push(message);
  const blocks = selectBlocks(fs, { selection, allData: true, onProblem });
  const table = [0, 1, 2, 3].filter((block) => blocks.has(TABLE + block));
  return { table, problems, blocks };
}

describe.each(['compat', 'complete'] as const)('%s, through a backup', (selection) => {
  test('a table that was never written is not taken for inodes', () => {
    expect(imaged(staleBackup(), selection)).toMatchObject({ table: [], problems: [] });
  });

  test('an inode that was written since is found, with its block and its data', () => {
    const tiny = staleBackup();
    const inode = TINY.inodesPerGroup + 1 + 9;
    const base = tiny.inodeBase(inode);
    tiny.bytes.fill(0, base, base + TINY.inodeSize);
    tiny.mapped(inode, 'regular', { 0: 400, 1: 401 });
    const { table, problems, blocks } = imaged(tiny, selection);
    expect([table, problems, blocks.has(400), blocks.has(401)]).toEqual([[1], [], true, true]);
  });

  test('an inode with as many links as the kernel allows is found', () => {
    const tiny = staleBackup();
    const base = tiny.inodeBase(TINY.inodesPerGroup + 10);
    tiny.bytes.fill(0, base, base + TINY.inodeSize);
    tiny.mapped(TINY.inodesPerGroup + 10, 'directory', { 0: 400 });
    tiny.view.setUint16(base + 0x1a, 65_000, true);
    expect(imaged(tiny, selection).table).toEqual([1]);
  });

  test.each<[string, number, number]>([
    ['a deletion time', 0x14, 1],
    ['a pointer beyond the end', 0x28, 99_999],
    ['an attribute block beyond the end', 0x68, 99_999],
    ['no file type', 0x00, 0],
    ['more links than the kernel allows', 0x1a, 65_001],
    ...[23, 24, 26, 27, 31].map((bit): [string, number, number] => [
      `flag bit ${bit}, which means nothing`,
      0x20,
      2 ** bit,
    ]),
  ])('bytes with %s are not an inode', (_, offset, value) => {
    const tiny = staleBackup();
    const base = tiny.inodeBase(TINY.inodesPerGroup + 10);
    tiny.bytes.fill(0, base, base + TINY.inodeSize);
    tiny.mapped(TINY.inodesPerGroup + 10, 'regular', { 0: 400 });
    tiny.view.setUint32(base + offset, value, true);
    expect(imaged(tiny, selection)).toMatchObject({ table: [] });
  });
});

test('through the primary descriptors nothing is doubted', () => {
  const tiny = staleBackup();
  groupDescLayout.bg_flags.set(tiny.view, 2 * 1024 + 32, 0);
  groupDescLayout.bg_itable_unused_lo.set(tiny.view, 2 * 1024 + 32, 0);
  const blocks = selectBlocks(openFilesystem(tiny), { selection: 'compat', allData: false, onProblem: () => {} });
  expect([0, 1, 2, 3].filter((block) => blocks.has(TABLE + block))).toEqual([0, 1, 2, 3]);
});
