import { openFilesystem } from '@e2image/ext-core';
import { crc32c, INODE_FLAG, inodeLayout } from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { KeyedHash } from '../secret/keyed-hash.ts';
import { classify } from '../survey/classify.ts';
import { TEST_KEY } from '../testing/scramble-context.ts';
import { plantSecret } from '../testing/secret-text.ts';
import { type ValueHashes, valueHashes, writeValueBlock } from './value-inodes.ts';

const SIZE = TINY.blockSize;
const SEED = 4321;
const INODE = 13;
const hash = new KeyedHash(TEST_KEY);

/** Block `logical` of the new value of an inode. */
function valueBlock(inode: number, logical: number, size: number, length = SIZE): Uint8Array {
  const bytes = new Uint8Array(length);
  plantSecret(bytes, 0, length);
  writeValueBlock(hash, bytes, { inode, logical, size });
  return bytes;
}

describe('a block of a new value', () => {
  test('is letters up to the end of the value, and zeros follow', () => {
    for (const [size, used] of [
      [10, 10],
      [SIZE, SIZE],
      [SIZE + 5, SIZE],
      [0, 0],
    ] as const) {
      const bytes = valueBlock(INODE, 0, size);
      expect(String.fromCharCode(...bytes.subarray(0, used))).toMatch(/^[\w-]*$/);
      expect(bytes.subarray(used).every((byte) => byte === 0)).toBe(true);
    }
  });

  test('after the first has the rest of the value, and none where the value has ended', () => {
    expect(valueBlock(INODE, 1, SIZE + 5).filter((byte) => byte !== 0)).toHaveLength(5);
    expect(valueBlock(INODE, 2, SIZE + 5).every((byte) => byte === 0)).toBe(true);
  });

  test('follows from its inode and its number', () => {
    expect(valueBlock(INODE, 0, SIZE)).toEqual(valueBlock(INODE, 0, SIZE));
    expect(valueBlock(INODE, 0, SIZE)).not.toEqual(valueBlock(INODE + 1, 0, SIZE));
    expect(valueBlock(INODE, 0, SIZE)).not.toEqual(valueBlock(INODE, 1, 2 * SIZE));
  });
});

function hashesOf(size: number, stored: number | 'right', blocks = 2, isValue = true): ValueHashes {
  const disk = new TinyFilesystem();
  const base = disk.extents(INODE, 'regular', 0, [[0, blocks, 50]]);
  inodeLayout.i_flags.set(disk.view, base, INODE_FLAG.extents | (isValue ? INODE_FLAG.eaInode : 0));
  inodeLayout.i_size_lo.set(disk.view, base, size);
  plantSecret(disk.bytes, 50 * SIZE, (50 + blocks) * SIZE);
  const value = disk.bytes.slice(50 * SIZE, 50 * SIZE + size);
  inodeLayout.i_atime.set(disk.view, base, stored === 'right' ? crc32c(SEED, value) : stored);
  const fs = openFilesystem(disk);
  const walk = classify(fs, { selection: 'complete', allData: false });
  let step = walk.next();
  while (!step.done) step = walk.next();
  const steps = valueHashes(fs, hash, SEED, step.value);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

/** The new value of `size` bytes. */
function newValue(size: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(size / SIZE) }, (_, logical) => valueBlock(INODE, logical, size));
  const value = new Uint8Array(blocks.length * SIZE);
  for (const [logical, block] of blocks.entries()) value.set(block, logical * SIZE);
  return value.subarray(0, size);
}

describe('the hash of a value in an inode', () => {
  test.each([10, SIZE, SIZE + 300, 2 * SIZE])('of %i bytes is that of the new value when it was right', (size) => {
    const found = hashesOf(size, 'right').get(INODE);
    expect(found?.size).toBe(size);
    expect(found?.after).toBe(crc32c(SEED, newValue(size)));
    expect(found?.before).not.toBe(found?.after);
  });

  test('is wrong when it was wrong, but another one', () => {
    const found = hashesOf(SIZE, 0x1234).get(INODE);
    expect(found?.before).toBe(0x1234);
    expect([0x1234, crc32c(SEED, newValue(SIZE)), 0]).not.toContain(found?.after);
  });

  test('does not exist for a file that is not a value, nor for more than the kernel allows', () => {
    expect(hashesOf(SIZE, 1, 2, false).size).toBe(0);
    expect(hashesOf(65536, 1, 64).size).toBe(1);
    expect(hashesOf(65537, 1, 65).size).toBe(0);
  });
});
