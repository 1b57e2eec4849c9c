import { SCRAMBLED_MARK, superblockChecksum, superblockLayout } from '@e2image/ext-core/structures';
import { noCounts } from '../base/counts.ts';
import { allZero } from '../testing/all-zero.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { plantSecret } from '../testing/secret-text.ts';
import type { Block } from './context.ts';
import { scrambleSuperblock, scrambleSuperblockBlock } from './superblock.ts';

const SEED = Uint8Array.from({ length: 16 }, (_, i) => 0x40 + i);

/** Bytes of a superblock that hold texts or the hash seed: offsets of their own. */
const CHANGED = [
  [0x78, 16],
  [0x88, 64],
  [0xec, 16],
  [0x1a8, 32],
  [0x1e0, 32],
  [0x200, 64],
] as const;
const CHECKSUM = 0x3fc;
const RO_COMPAT = 0x64;
const METADATA_CSUM = 0x400;

/** Fill the 1,024 bytes of a superblock at `at` with a secret, under its magic number. */
function plant(block: Block, at: number, hasChecksum = false): Uint8Array {
  const raw = block.bytes.subarray(at, at + 1024);
  const view = new DataView(raw.buffer, raw.byteOffset, 1024);
  plantSecret(raw, 0, 1024);
  view.setUint16(0x38, 0xef53, true);
  view.setUint32(RO_COMPAT, hasChecksum ? METADATA_CSUM : 0, true);
  return raw;
}

function scramble(block: Block, newHashSeed?: Uint8Array) {
  const counts = noCounts();
  scrambleSuperblockBlock(testContext(undefined, { newHashSeed }), block, counts);
  return counts;
}

/** Whether byte `at` of a superblock may change. */
const mayChange = (at: number): boolean => CHANGED.some(([from, size]) => at >= from && at < from + size);

describe('a scrambled superblock', () => {
  test('has no texts but the mark, the new hash seed, and else what it had', () => {
    const block = emptyBlock(1024, 1);
    const raw = plant(block, 0);
    const before = raw.slice();
    scrambleSuperblock(raw, SEED);
    const mark = new TextEncoder().encode(SCRAMBLED_MARK);
    expect([...raw.subarray(0x88, 0x88 + mark.length)]).toEqual([...mark]);
    expect(allZero(raw.subarray(0x88 + mark.length, 0x88 + 64))).toBe(true);
    expect([...raw.subarray(0xec, 0xfc)]).toEqual([...SEED]);
    for (const [from, size] of CHANGED.filter(([at]) => at !== 0x88 && at !== 0xec)) {
      expect(allZero(raw.subarray(from, from + size))).toBe(true);
    }
    expect(raw.filter((_, at) => !mayChange(at))).toEqual(before.filter((_, at) => !mayChange(at)));
  });

  test('keeps its hash seed where it gets no other', () => {
    const raw = plant(emptyBlock(1024), 0);
    const before = raw.slice();
    scrambleSuperblock(raw, undefined);
    expect(raw.subarray(0xec, 0xfc)).toEqual(before.subarray(0xec, 0xfc));
  });

  test('has a right checksum when it had one, a wrong one otherwise, and none where it had none', () => {
    const checksumAfter = (stored: number | undefined, hasChecksum = true): readonly number[] => {
      const raw = plant(emptyBlock(1024), 0, hasChecksum);
      const view = new DataView(raw.buffer, raw.byteOffset, 1024);
      view.setUint32(CHECKSUM, stored ?? superblockChecksum(raw), true);
      scrambleSuperblock(raw, SEED);
      return [view.getUint32(CHECKSUM, true), superblockChecksum(raw)];
    };
    const [stored, right] = checksumAfter(undefined);
    expect(stored).toBe(right);
    const [wrong, expected] = checksumAfter(0x1234);
    expect([expected, 0x1234]).not.toContain(wrong);
    expect(checksumAfter(0)[0]).toBe(0);
    expect(checksumAfter(0x1234, false)[0]).toBe(0x1234);
  });

  test.each([
    ['the only content of block 1, in blocks of 1 KiB', 1, 1024, 0],
    ['at the start of block 0, in blocks of 1 KiB', 0, 1024, 0],
    ['at byte 1024 of block 0, in larger blocks', 0, 4096, 1024],
    ['at the start of any other block: a backup', 32768, 4096, 0],
  ])('is %s, and everything beside it becomes zeros', (_name, number, size, at) => {
    const block = emptyBlock(size, number);
    plantSecret(block.bytes, 0, size);
    const raw = plant(block, at);
    expect(scramble(block, SEED)).toEqual({ ...noCounts(), superblocks: 1 });
    expect([...raw.subarray(0xec, 0xfc)]).toEqual([...SEED]);
    expect(superblockLayout.s_magic.get(block.view, at)).toBe(0xef53);
    expect(allZero(block.bytes.subarray(0, at))).toBe(true);
    expect(allZero(block.bytes.subarray(at + 1024))).toBe(true);
  });

  test('without its magic number becomes zeros, and is not counted', () => {
    const block = emptyBlock(4096, 0);
    plantSecret(block.bytes, 0, 4096);
    expect(scramble(block, SEED)).toEqual(noCounts());
    expect(allZero(block.bytes)).toBe(true);
  });
});
