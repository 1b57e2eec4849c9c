import fc from 'fast-check';
import { LeafRanges } from './leaf-ranges.ts';
import { ANY_LEAF, SIDE } from './pending-names.ts';

const ranges = new LeafRanges({ leaves: [7, 3, 9], lows: [0, 1000, 3000] });

describe('the ranges of leaves', () => {
  test('are from the boundary of each up to that of the next, and of the last up to 2^32', () => {
    expect(ranges.count).toBe(3);
    expect([0, 1, 2].map((leaf) => ranges.end(leaf))).toEqual([1000, 3000, 2 ** 32]);
    expect([...ranges.lows]).toEqual([0, 1000, 3000]);
  });

  test('are found by the block of a leaf; other blocks limit nothing', () => {
    expect([7, 3, 9, 0, 1].map((block) => ranges.leafAt(block))).toEqual([0, 1, 2, ANY_LEAF, ANY_LEAF]);
  });

  test.each([
    [0, 0],
    [999, 0],
    [1000, 1],
    [2999, 1],
    [3000, 2],
    [0xffff_fffe, 2],
  ])('are found by a hash: %i is in leaf %i', (hash, leaf) => {
    expect(ranges.find(hash)).toBe(leaf);
  });

  test('do not hold a hash before the first', () => {
    expect(new LeafRanges({ leaves: [1, 2], lows: [500, 1000] }).find(499)).toBe(ANY_LEAF);
    expect(new LeafRanges({ leaves: [], lows: [] }).find(0)).toBe(ANY_LEAF);
  });

  test('are empty where two boundaries are the same', () => {
    const narrow = new LeafRanges({ leaves: [1, 2, 3], lows: [0, 1000, 1000] });
    expect([0, 1, 2].map((leaf) => narrow.isEmpty(leaf))).toEqual([false, true, false]);
    expect(new LeafRanges({ leaves: [1, 2], lows: [0, 1] }).isEmpty(0)).toBe(false);
  });

  test.each([
    [999, SIDE.below],
    [1000, SIDE.inside],
    [3000, SIDE.inside],
    [3001, SIDE.above],
  ])('have sides: %i is on side %i of the second', (hash, side) => {
    expect(ranges.side(1, hash)).toBe(side);
  });

  test('leave out leaves whose boundary goes back, and keep equal ones', () => {
    const damaged = new LeafRanges({ leaves: [5, 6, 7, 8], lows: [0, 4000, 2000, 4000] });
    expect([5, 6, 7, 8].map((logical) => damaged.leafAt(logical))).toEqual([0, 1, ANY_LEAF, 2]);
    expect(damaged.end(2)).toBe(2 ** 32);
  });

  test('tile all hashes, whatever the boundaries', () => {
    const boundaries = fc.array(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(boundaries, fc.nat(0xffff_ffff), (lows, hash) => {
        const some = new LeafRanges({ leaves: lows.map((_, i) => i + 1), lows: [0, ...lows.slice(1)] });
        const leaf = some.find(hash);
        expect(hash).toBeGreaterThanOrEqual(some.lows[leaf] ?? -1);
        expect(hash).toBeLessThan(some.end(leaf));
        expect(some.side(leaf, hash)).toBe(SIDE.inside);
      }),
    );
  });
});
