import { readSuperblock } from '@e2image/ext-core/structures';
import { ShapedFilesystem } from '@e2image/ext-core/testing';
import { memorySource } from '@e2image/sparse-io/testing';
import { bitsInUse, bitsPerGroup } from './bitmap-kind.ts';
import { paddedBitmaps } from './padded-bitmaps.ts';

/** Three groups of 40 clusters and 24 inodes; the last group has so many blocks. */
function superblock(clusterRatio: number, lastGroupBlocks: number) {
  const groups = Array.from({ length: 3 }, () => ({ flags: 0, unused: 0, isDamaged: false }));
  const fs = new ShapedFilesystem({
    blockSize: 1024,
    groups,
    descSize: 32,
    inodeSize: 128,
    inodesPerGroup: 24,
    clustersPerGroup: 40,
    clusterRatio,
    lastGroupBlocks,
    checksums: 'none',
    firstMetaBg: undefined,
    seed: 1,
  });
  return readSuperblock(fs.superblock);
}

test('a bitmap has a bit for each cluster or inode of a group', () => {
  const sb = superblock(4, 160);
  expect([bitsPerGroup(sb, 'block'), bitsPerGroup(sb, 'inode')]).toEqual([40, 24]);
});

test.each([
  [1, 40, 40],
  [1, 17, 17],
  [4, 160, 40],
  [4, 81, 21],
  [4, 80, 20],
  [4, 79, 20],
])('with %d blocks per cluster a last group of %d blocks has %d bits in use', (ratio, blocks, bits) => {
  const sb = superblock(ratio, blocks);
  expect([0, 1, 2].map((group) => bitsInUse(sb, 'block', group))).toEqual([40, 40, bits]);
  expect([0, 1, 2].map((group) => bitsInUse(sb, 'inode', group))).toEqual([24, 24, 24]);
});

test('one read may take the bitmaps of several groups', () => {
  const image = Uint8Array.from({ length: 100 }, (_, at) => at);
  const source = paddedBitmaps(memorySource(image), superblock(4, 81), 'block', { offset: 10, length: 15 });
  expect(source.size).toBe(3 * 1024);
  const into = new Uint8Array(2 * 1024);
  source.readAt(into, 1024);
  const padding = (length: number): number[] => Array(length).fill(0xff);
  expect([...into.subarray(0, 1024)]).toEqual([15, 16, 17, 18, 19, ...padding(1019)]);
  expect([...into.subarray(1024)]).toEqual([20, 21, 22 | 0b1110_0000, 0xff, 0xff, ...padding(1019)]);
});
