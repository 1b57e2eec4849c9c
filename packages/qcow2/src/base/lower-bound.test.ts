import fc from 'fast-check';
import { lowerBound } from './lower-bound.ts';

test('lowerBound finds what a search from the front finds', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), (values, wanted) => {
      const sorted = values.toSorted((a, b) => a - b);
      const first = sorted.findIndex((value) => value >= wanted);
      expect(lowerBound(sorted.length, (index) => (sorted[index] ?? 0) < wanted)).toBe(
        first < 0 ? sorted.length : first,
      );
    }),
  );
});

test('lowerBound of 2^31 elements asks at most 32 times, and never outside of them', () => {
  for (const answer of [0, 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31]) {
    const asked: number[] = [];
    const found = lowerBound(2 ** 31, (index) => {
      asked.push(index);
      return index < answer;
    });
    expect(found).toBe(answer);
    expect(asked.length).toBeLessThanOrEqual(32);
    expect(asked.every((index) => index >= 0 && index < 2 ** 31)).toBe(true);
  }
});
