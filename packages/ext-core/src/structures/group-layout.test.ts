import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { INCOMPAT } from './features.ts';
import { backupDescRuns, metaBgBackups } from './group-layout.ts';
import { readSuperblock, type Superblock } from './superblock.ts';

/** Groups of 256 blocks of 1 KiB, the first at block 1; copies of the superblock in groups 0, 1, 3, 5, 7, 9 and so on. */
const metaBg = (over: Partial<Superblock>): Superblock => {
  const sb = readSuperblock(new TinyFilesystem().bytes.subarray(1024, 2048));
  return { ...sb, incompat: sb.incompat | INCOMPAT.meta_bg, ...over };
};
const firstBlock = (group: number): number => 1 + 256 * group;

test('a metablock group has copies of its descriptor block in its second and its last group', () => {
  const sb = metaBg({ groupCount: 64, descSize: 32 });
  expect(metaBgBackups(sb, 0)).toEqual([firstBlock(1) + 1, firstBlock(31)]);
  expect(metaBgBackups(sb, 1)).toEqual([firstBlock(33), firstBlock(63)]);
  expect(backupDescRuns(sb)).toEqual([...metaBgBackups(sb, 0), ...metaBgBackups(sb, 1)].map((block) => [block, 1]));
});

test('a metablock group that the file system ends in has the copies that fit', () => {
  expect(metaBgBackups(metaBg({ groupCount: 34, descSize: 32 }), 1)).toEqual([firstBlock(33)]);
  expect(metaBgBackups(metaBg({ groupCount: 33, descSize: 32 }), 1)).toEqual([]);
});

test('a copy in a group that is both second and last is named once, and none is in the next metablock group', () => {
  expect(metaBgBackups(metaBg({ groupCount: 8, descSize: 512 }), 1)).toEqual([firstBlock(3) + 1]);
  expect(metaBgBackups(metaBg({ groupCount: 8, descSize: 1024 }), 1)).toEqual([]);
});

test('descriptor blocks before s_first_meta_bg, and those without meta_bg, have no copies of this kind', () => {
  const sb = metaBg({ groupCount: 64, descSize: 32, firstMetaBg: 1 });
  expect(metaBgBackups(sb, 0)).toEqual([]);
  expect(metaBgBackups(sb, 1)).toHaveLength(2);
  expect(metaBgBackups({ ...sb, incompat: 0 }, 1)).toEqual([]);
});
