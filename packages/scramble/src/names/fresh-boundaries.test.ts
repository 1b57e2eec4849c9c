import fc from 'fast-check';
import { KeyedHash } from '../secret/keyed-hash.ts';
import { TEST_KEY } from '../testing/scramble-context.ts';
import { freshBoundaries, isWithinFresh, NO_BOUNDARY } from './fresh-boundaries.ts';

const HASHES = 2 ** 32;
const hash = new KeyedHash(TEST_KEY);

/** An index of `count` leaves, in blocks from 10 on, and two inner blocks. */
const indexOf = (count: number) => ({
  hashVersion: 1,
  leaves: Array.from({ length: count }, (_, i) => 10 + i),
  lows: Array.from({ length: count }, (_, i) => i * 1000),
  nodes: [
    { logical: 1, firstLeaf: 0 },
    { logical: 2, firstLeaf: count - 1 },
  ],
  isSound: true,
});

describe('new boundaries', () => {
  test('are even, ascend, begin at 0, and have bit 0 clear', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(), (count, inode) => {
        const { lows } = freshBoundaries(hash, inode, indexOf(count), 1000);
        expect(lows).toHaveLength(count);
        expect(lows[0]).toBe(0);
        lows.slice(1).forEach((low, i) => {
          expect(low % 2).toBe(0);
          expect(low).toBeGreaterThanOrEqual(Math.floor(((i + 1) / count) * HASHES) - 1);
          expect(low).toBeLessThan(((i + 1.5) / count) * HASHES);
        });
      }),
      { numRuns: 50 },
    );
  });

  test('differ from one directory to the next, and between leaves of one', () => {
    const offsets = (inode: number): number[] =>
      freshBoundaries(hash, inode, indexOf(8), 20)
        .lows.slice(1)
        .map((low, i) => low - ((i + 1) / 8) * HASHES);
    expect(offsets(12)).toEqual(offsets(12));
    expect(offsets(12)).not.toEqual(offsets(13));
    expect(new Set(offsets(12)).size).toBe(7);
    // Some chance in the whole first half of a part.
    expect(Math.max(...offsets(12))).toBeGreaterThan(HASHES / 32);
  });

  test('are found by block: of leaves, of inner blocks by their first leaf, and of no other', () => {
    const { lows, byBlock } = freshBoundaries(hash, 12, indexOf(3), 15);
    expect([...byBlock]).toEqual([
      NO_BOUNDARY,
      lows[0],
      lows[2],
      ...new Array(7).fill(NO_BOUNDARY),
      ...lows,
      NO_BOUNDARY,
      NO_BOUNDARY,
    ]);
  });
});

describe('a hash is within new boundaries whatever chance makes of them', () => {
  test('in the second half of the part of its leaf', () => {
    const part = HASHES / 4;
    for (const [value, isWithin] of [
      [1.5 * part, true],
      [1.5 * part - 1, false],
      [2 * part - 2, true],
      [2 * part - 1, false],
      [2 * part, false],
      [part, false],
    ] as const) {
      expect(isWithinFresh(value, 1, 4)).toBe(isWithin);
    }
  });

  test('and then is in that leaf for any directory', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), fc.nat(HASHES - 1), (inode, count, value) => {
        const { lows } = freshBoundaries(hash, inode, indexOf(count), 60);
        for (let leaf = 0; leaf < count; leaf++) {
          if (!isWithinFresh(value, leaf, count)) continue;
          expect(value).toBeGreaterThanOrEqual(lows[leaf] ?? Infinity);
          expect(value).toBeLessThan(lows[leaf + 1] ?? HASHES);
        }
      }),
    );
  });
});
