import fc from 'fast-check';
import { lowerBound } from './lower-bound.ts';

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
