import { noCounts, type ScrambleCounts } from './base/counts.ts';
import { describeCounts } from './report.ts';

/** By category: for one, and for two. */
const WORDS: Readonly<Record<keyof ScrambleCounts, readonly [one: string, two: string]>> = {
  names: ['1 name', '2 names'],
  deletedNames: ['1 deleted name', '2 deleted names'],
  linkTargets: ['1 link target', '2 link targets'],
  attributes: ['1 extended attribute', '2 extended attributes'],
  attributeValueBlocks: ['1 block of attribute values', '2 blocks of attribute values'],
  inlineFiles: ['1 file kept in its inode', '2 files kept in their inodes'],
  freeInodes: ['1 free inode that still held data', '2 free inodes that still held data'],
  superblocks: ['1 superblock', '2 superblocks'],
  mmpBlocks: ['1 multi-mount protection block', '2 multi-mount protection blocks'],
  journalCopies: ['1 copy in the journal', '2 copies in the journal'],
  journalZeroed: ['1 other block of the journal', '2 other blocks of the journal'],
  damagedBlocks: ['1 damaged structure', '2 damaged structures'],
  zeroed: ['1 block of no known use', '2 blocks of no known use'],
};

test.each(Object.entries(WORDS))('%s are described, one and several', (category, [one, two]) => {
  expect(describeCounts({ ...noCounts(), [category]: 1 })).toEqual([one]);
  expect(describeCounts({ ...noCounts(), [category]: 2 })).toEqual([two]);
});

test('every category has a description, and only those that hid something are listed', () => {
  expect(Object.keys(WORDS).sort()).toEqual(Object.keys(noCounts()).sort());
  expect(describeCounts(noCounts())).toEqual([]);
  expect(describeCounts({ ...noCounts(), names: 3, zeroed: 1 })).toEqual(['3 names', '1 block of no known use']);
});

test('counts begin at nothing, and are not shared', () => {
  expect(Object.values(noCounts()).every((count) => count === 0)).toBe(true);
  expect(noCounts()).not.toBe(noCounts());
});
