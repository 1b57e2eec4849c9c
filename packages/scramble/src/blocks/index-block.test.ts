import { htreeChecksum, inodeSeed, readDxBlock } from '@e2image/ext-core/structures';
import fc from 'fast-check';
import { NO_BOUNDARY } from '../names/fresh-boundaries.ts';
import { allZero } from '../testing/all-zero.ts';
import { type IndexEntry, writeIndexNode, writeIndexRoot } from '../testing/directory-blocks.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { findSecret, plantSecret } from '../testing/secret-text.ts';
import type { Block } from './context.ts';
import { scrambleIndexBlock } from './index-block.ts';

const SIZE = 1024;
const INODE = 12;
const SEED = inodeSeed(1234, INODE, 5);
const ENTRIES: readonly IndexEntry[] = [
  [0, 1],
  [0x1000_0000, 2],
  [0x2000_0001, 3],
];
/** Offset of the entries, by the number of the block in the directory. */
const FIRST = { root: 0x20, node: 8 } as const;
/** Offset of the tail: after the room for entries. */
const TAIL = SIZE - 8;

type Shape = keyof typeof FIRST;

/** An index block with a secret in the room that no entry uses. */
function indexBlock(shape: Shape, hasTail = true, entries = ENTRIES): Block {
  const block = emptyBlock(SIZE);
  plantSecret(block.bytes, FIRST[shape], SIZE);
  if (shape === 'root') {
    block.bytes.fill(0, 0, FIRST.root);
    writeIndexRoot(block.bytes, entries, { hasTail });
  } else {
    writeIndexNode(block.bytes, entries, { hasTail });
  }
  return block;
}

interface Changes {
  readonly hasChecksums?: boolean;
  /** New boundaries, by block of the directory. */
  readonly boundaries?: readonly number[];
}

function scramble(shape: Shape, block: Block, { hasChecksums = false, boundaries }: Changes = {}): void {
  const context = testContext(undefined, { hasChecksums });
  if (boundaries) context.namer.boundaries.set(INODE, { lows: [], byBlock: Uint32Array.from(boundaries) });
  scrambleIndexBlock(context, block, { inode: INODE, logical: shape === 'root' ? 0 : 4, seed: SEED });
}

const hashes = (shape: Shape, { view }: Block): number[] =>
  ENTRIES.slice(1).map((_, i) => view.getUint32(FIRST[shape] + 8 * (i + 1), true));

const rightChecksum = (shape: Shape, { bytes, view }: Block): number =>
  htreeChecksum(SEED, bytes, readDxBlock(view, 0, FIRST[shape]));

describe.each(['root', 'node'] as const)('a scrambled index block, %s', (shape) => {
  const used = FIRST[shape] + 8 * ENTRIES.length;

  test('keeps everything up to its last entry, and zeros follow', () => {
    for (const hasTail of [true, false]) {
      const block = indexBlock(shape, hasTail);
      const before = block.bytes.slice();
      scramble(shape, block);
      expect(block.bytes.subarray(0, used)).toEqual(before.subarray(0, used));
      expect(allZero(block.bytes.subarray(used))).toBe(true);
    }
  });

  test('has the new boundaries of its directory; one that the index does not name becomes 0', () => {
    const block = indexBlock(shape);
    // Number and limit are where the first entry has no hash.
    const head = block.view.getUint32(FIRST[shape], true);
    scramble(shape, block, { boundaries: [NO_BOUNDARY, 0, 0x4444_4440, NO_BOUNDARY] });
    expect(hashes(shape, block)).toEqual([0x4444_4440, 0]);
    expect(block.view.getUint32(FIRST[shape], true)).toBe(head);
    const other = indexBlock(shape);
    scramble(shape, other, { boundaries: [NO_BOUNDARY] });
    expect(hashes(shape, other)).toEqual([0, 0]);
  });

  test('finds the boundary of a block by the 28 bits of its number', () => {
    const entries: readonly IndexEntry[] = [
      [0, 1],
      [7, 0xf000_0002],
      [8, 3],
    ];
    const block = indexBlock(shape, true, entries);
    scramble(shape, block, { boundaries: [0, 0, 20, 30] });
    expect(hashes(shape, block)).toEqual([20, 30]);
  });

  test('has a right checksum when it had one, and a wrong one otherwise', () => {
    const block = indexBlock(shape);
    block.bytes.fill(0, TAIL);
    block.view.setUint32(TAIL + 4, rightChecksum(shape, block), true);
    scramble(shape, block, { hasChecksums: true, boundaries: [0, 0, 20, 30] });
    expect(block.view.getUint32(TAIL + 4, true)).toBe(rightChecksum(shape, block));
    const wrong = indexBlock(shape);
    wrong.view.setUint32(TAIL + 4, 0x1234, true);
    scramble(shape, wrong, { hasChecksums: true });
    expect([rightChecksum(shape, wrong), 0x1234, 0]).not.toContain(wrong.view.getUint32(TAIL + 4, true));
  });

  test('has zeros after a tail that is not at the end of the block', () => {
    const block = indexBlock(shape);
    const limit = (SIZE - FIRST[shape]) / 8 - 2;
    block.view.setUint16(FIRST[shape], limit, true);
    const tail = FIRST[shape] + 8 * limit;
    block.view.setUint32(tail, 0, true);
    block.view.setUint32(tail + 4, rightChecksum(shape, block), true);
    scramble(shape, block, { hasChecksums: true });
    expect(block.view.getUint32(tail + 4, true)).toBe(rightChecksum(shape, block));
    expect(allZero(block.bytes.subarray(tail + 8))).toBe(true);
    expect(allZero(block.bytes.subarray(used, tail))).toBe(true);
  });

  test.each([
    ['no entries', 0, 10],
    ['more entries than it has room for', 11, 10],
    ['more room than the block has', 3, 1000],
  ])('with %s keeps its numbers, and zeros follow', (_name, count, limit) => {
    const block = indexBlock(shape);
    block.view.setUint16(FIRST[shape], limit, true);
    block.view.setUint16(FIRST[shape] + 2, count, true);
    const before = block.bytes.slice();
    scramble(shape, block, { hasChecksums: true, boundaries: [0, 0, 20, 30] });
    expect(block.bytes.subarray(0, FIRST[shape] + 8)).toEqual(before.subarray(0, FIRST[shape] + 8));
    expect(allZero(block.bytes.subarray(FIRST[shape] + 8))).toBe(true);
  });

  test('is the same when it is scrambled again, and holds no secret', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.option(fc.array(fc.nat())), (hasTail, hasChecksums, found) => {
        const boundaries = found === null ? {} : { boundaries: found };
        const block = indexBlock(shape, hasTail);
        if (hasTail) block.bytes.fill(0, TAIL);
        if (hasTail) block.view.setUint32(TAIL + 4, rightChecksum(shape, block), true);
        scramble(shape, block, { hasChecksums, ...boundaries });
        const once = block.bytes.slice();
        expect(findSecret(once)).toBe(-1);
        scramble(shape, block, { hasChecksums, ...boundaries });
        expect(block.bytes).toEqual(once);
      }),
      { numRuns: 30 },
    );
  });
});

test('a reserved word of a root that is not zero stays so, but is not the old one', () => {
  for (const [before, after] of [
    [0, 0],
    [0xa3e9_25f7, 1],
  ]) {
    const block = indexBlock('root');
    block.view.setUint32(0x18, before ?? 0, true);
    scramble('root', block);
    expect(block.view.getUint32(0x18, true)).toBe(after);
  }
});

test('an inner block has no reserved word', () => {
  const block = indexBlock('node');
  const before = block.bytes.slice(0x18, 0x1c);
  scramble('node', block);
  expect(block.bytes.slice(0x18, 0x1c)).toEqual(before);
});
