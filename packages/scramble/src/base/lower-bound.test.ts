import fc from 'fast-check';
import { lowerBound } from './lower-bound.ts';

describe('lowerBound', () => {
  test('finds the first element that is not before, in as many steps as the count has bits', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (count, border) => {
        let steps = 0;
        const found = lowerBound(count, (index) => {
          expect(index).toBeLessThan(count);
          steps++;
          return index < border;
        });
        expect(found).toBe(Math.min(count, border));
        expect(steps).toBeLessThanOrEqual(10);
      }),
    );
  });
});
