import fc from 'fast-check';
import { firstAbove, lowerBound } from './lower-bound.ts';

test('finds the first item that is not before the position, and asks few times', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: 0, max: 21 }), (items, wanted) => {
      const sorted = items.sort((a, b) => a - b);
      let asked = 0;
      const found = lowerBound(sorted.length, (index) => {
        asked++;
        return (sorted[index] as number) < wanted;
      });
      const first = sorted.findIndex((item) => item >= wanted);
      expect(found).toBe(first < 0 ? sorted.length : first);
      expect(asked).toBeLessThanOrEqual(Math.ceil(Math.log2(sorted.length + 1)));
    }),
  );
});

test('firstAbove finds the first number that is greater than a limit, also among every second one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), fc.integer({ min: -1, max: 21 }), (items, limit) => {
      const sorted = items.sort((a, b) => a - b);
      const first = sorted.findIndex((item) => item > limit);
      const expected = first < 0 ? sorted.length : first;
      expect(firstAbove(sorted, limit, sorted.length)).toBe(expected);
      const pairs = Int32Array.from(sorted.flatMap((item) => [-item, item]));
      expect(firstAbove(pairs, limit, sorted.length, 2, 1)).toBe(expected);
    }),
  );
});
