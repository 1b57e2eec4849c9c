import { extentNodeChecksum, inodeSeed } from '@e2image/ext-core/structures';
import fc from 'fast-check';
import { noCounts } from '../base/counts.ts';
import { KIND } from '../survey/block-classes.ts';
import { allZero } from '../testing/all-zero.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { findSecret, plantSecret } from '../testing/secret-text.ts';
import type { Block } from './context.ts';
import { scrambleExtentNode } from './extent-node.ts';

const SIZE = 1024;
const INODE = 13;
const GENERATION = 99;
const RUN = { kind: KIND.extentNode, start: 77, count: 1, owner: INODE, logical: 0, generation: GENERATION, flags: 0 };
/** Entries that a node of 1,024 bytes has room for. */
const ROOM = 84;

interface Node {
  readonly entries: number;
  readonly max?: number;
  readonly magic?: number;
}

/** A node whose entries count up, with a secret after them. */
function node({ entries, max = ROOM, magic = 0xf30a }: Node): Block {
  const block = emptyBlock(SIZE);
  plantSecret(block.bytes, 0, SIZE);
  block.view.setUint16(0, magic, true);
  block.view.setUint16(2, entries, true);
  block.view.setUint16(4, max, true);
  for (let at = 12; at < 12 + 12 * entries && at < SIZE; at++) block.bytes[at] = at & 0x1f;
  return block;
}

function scramble(block: Block, hasChecksums: boolean) {
  const counts = noCounts();
  const context = testContext(undefined, { hasChecksums, seed: 1234 });
  scrambleExtentNode(context, block, RUN, counts);
  return counts;
}

const rightChecksum = (block: Block): number => extentNodeChecksum(inodeSeed(1234, INODE, GENERATION), block.bytes);
describe('a scrambled extent node', () => {
  test.each([0, 1, 2, 83, 84])('keeps its %i entries, and the rest becomes zeros', (entries) => {
    const block = node({ entries });
    const before = block.bytes.slice();
    const used = 12 * (1 + entries);
    expect(scramble(block, false)).toEqual(noCounts());
    expect(block.bytes.subarray(0, used)).toEqual(before.subarray(0, used));
    expect(allZero(block.bytes.subarray(used))).toBe(true);
  });

  test.each([ROOM, ROOM - 1])('with room for %i entries has a right checksum when it had one', (max) => {
    const block = node({ entries: 2, max });
    const tail = 12 * (1 + max);
    block.view.setUint32(tail, rightChecksum(block), true);
    scramble(block, true);
    expect(block.view.getUint32(tail, true)).toBe(rightChecksum(block));
    expect(allZero(block.bytes.subarray(36, tail))).toBe(true);
    expect(allZero(block.bytes.subarray(tail + 4))).toBe(true);
  });

  test('has a wrong checksum when it had one, but not the old one', () => {
    const block = node({ entries: 2 });
    block.view.setUint32(1020, 0x1234, true);
    scramble(block, true);
    expect([rightChecksum(block), 0x1234, 0]).not.toContain(block.view.getUint32(1020, true));
  });

  test.each([
    ['another magic number', { entries: 2, magic: 0xf30b }],
    ['more entries than it has room for', { entries: ROOM + 1 }],
    ['more room than the block has', { entries: 2, max: ROOM + 1 }],
  ])('with %s is scrambled as bytes, and counted as damaged', (_name, damaged) => {
    const block = node(damaged);
    const zeros = [...block.bytes].map((byte) => byte === 0);
    expect(scramble(block, true)).toEqual({ ...noCounts(), damagedBlocks: 1 });
    expect(findSecret(block.bytes)).toBe(-1);
    expect([...block.bytes].map((byte) => byte === 0)).toEqual(zeros);
  });

  test('is the same when it is scrambled again', () => {
    fc.assert(
      fc.property(fc.nat(ROOM), fc.boolean(), (entries, hasChecksums) => {
        const block = node({ entries });
        block.view.setUint32(1020, rightChecksum(block), true);
        scramble(block, hasChecksums);
        const once = block.bytes.slice();
        scramble(block, hasChecksums);
        expect(block.bytes).toEqual(once);
      }),
      { numRuns: 20 },
    );
  });
});
