import { mmpChecksum } from '@e2image/ext-core/structures';
import { noCounts } from '../base/counts.ts';
import { allZero } from '../testing/all-zero.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { findSecret, plantSecret } from '../testing/secret-text.ts';
import type { Block } from './context.ts';
import { scrambleMmpBlock } from './mmp-block.ts';

const CHECKSUM = 0x3fc;
describe('a scrambled MMP block', () => {
  /** Structure fields that stay: magic, sequence and time; interval and padding; checksum. */
  const KEPT = [
    [0, 0x10],
    [0x70, 0x74],
    [CHECKSUM, CHECKSUM + 4],
  ] as const;

  function mmp(size: number, magic = 0x004d_4d50): Block {
    const block = emptyBlock(size);
    plantSecret(block.bytes, 0, size);
    block.view.setUint32(0, magic, true);
    return block;
  }

  test.each([1024, 4096])('of %i bytes keeps the fields that protect from a second mount, and nothing else', (size) => {
    const block = mmp(size);
    const before = block.bytes.slice();
    const counts = noCounts();
    scrambleMmpBlock(testContext(), block, counts);
    expect(counts).toEqual({ ...noCounts(), mmpBlocks: 1 });
    const isKept = (at: number): boolean => KEPT.some(([from, to]) => at >= from && at < to);
    expect(block.bytes).toEqual(before.map((byte, at) => (isKept(at) ? byte : 0)));
    expect(findSecret(block.bytes.subarray(0x10))).toBe(-1);
  });

  test('has a right checksum when it had one, a wrong one otherwise', () => {
    const context = testContext(undefined, { hasChecksums: true, seed: 4321 });
    const right = mmp(4096);
    right.view.setUint32(CHECKSUM, mmpChecksum(4321, right.bytes), true);
    scrambleMmpBlock(context, right, noCounts());
    expect(right.view.getUint32(CHECKSUM, true)).toBe(mmpChecksum(4321, right.bytes));
    const wrong = mmp(4096);
    wrong.view.setUint32(CHECKSUM, 0x1234, true);
    scrambleMmpBlock(context, wrong, noCounts());
    expect([mmpChecksum(4321, wrong.bytes), 0x1234, 0]).not.toContain(wrong.view.getUint32(CHECKSUM, true));
  });

  test('without its magic number becomes zeros, and is not counted', () => {
    const block = mmp(4096, 1);
    const counts = noCounts();
    scrambleMmpBlock(testContext(undefined, { hasChecksums: true }), block, counts);
    expect(allZero(block.bytes)).toBe(true);
    expect(counts).toEqual(noCounts());
  });
});
