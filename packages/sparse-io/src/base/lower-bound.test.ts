import fc from 'fast-check';
import { lowerBound } from './lower-bound.ts';

describe('lowerBound', () => {
  test('finds what a search from the front finds', () => {
    const sorted = fc.array(fc.nat(30), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(sorted, fc.nat(32), (list, wanted) => {
        const first = list.findIndex((value) => value >= wanted);
        expect(lowerBound(list.length, (index) => (list[index] ?? NaN) < wanted)).toBe(
          first === -1 ? list.length : first,
        );
      }),
    );
  });

  test('asks for few items, and only for existing ones', () => {
    const asked: number[] = [];
    const isBefore = (index: number): boolean => {
      asked.push(index);
      return index < 3_000_000_000;
    };
    expect(lowerBound(2 ** 33, isBefore)).toBe(3_000_000_000);
    expect(asked.length).toBeLessThanOrEqual(34);
    expect(Math.max(...asked)).toBeLessThan(2 ** 33);
    expect(
      lowerBound(0, () => {
        throw new Error('asked');
      }),
    ).toBe(0);
  });
});
