import fc from 'fast-check';
import type { Range } from '../disk/geometry.ts';
import { coarsen, decodeMap, encodedSize, encodeMap, rangesOf, usedBytes, usedMap } from './used-map.ts';

/** Ascending ranges that may touch or overlap. */
const anyRanges = (): fc.Arbitrary<Range[]> =>
  fc
    .array(fc.tuple(fc.nat(2000), fc.integer({ min: 1, max: 300 })), { maxLength: 30 })
    .map((pairs) => pairs.map(([from, length]) => ({ from, to: from + length })).sort((a, b) => a.from - b.from));

const covers = (map: Float64Array, at: number): boolean =>
  [...rangesOf(map)].some(({ from, to }) => from <= at && at < to);

describe('usedMap', () => {
  test('covers what the ranges cover, in disjoint ascending runs', () => {
    fc.assert(
      fc.property(anyRanges(), (ranges) => {
        const map = usedMap(ranges, { gap: 0 });
        for (let at = 0; at < 2400; at++) {
          expect(covers(map, at)).toBe(ranges.some(({ from, to }) => from <= at && at < to));
        }
        const flat = [...map];
        expect(flat).toEqual([...new Set(flat)].sort((a, b) => a - b));
      }),
      { numRuns: 20 },
    );
  });

  test('closes gaps up to the given size, and none that are larger', () => {
    const ranges = [
      { from: 0, to: 10 },
      { from: 14, to: 20 },
      { from: 25, to: 30 },
    ];
    expect([...usedMap(ranges, { gap: 4 })]).toEqual([0, 20, 25, 30]);
  });
});

describe('coarsen', () => {
  test('fits the capacity, and only adds', () => {
    const map = usedMap(
      Array.from({ length: 3000 }, (_, i) => ({ from: i * 100_000, to: i * 100_000 + 1000 + (i % 7) * 4096 })),
    );
    const coarse = coarsen(map, 4096);
    expect(encodedSize(coarse)).toBeLessThanOrEqual(4096);
    expect(usedBytes(coarse)).toBeGreaterThanOrEqual(usedBytes(map));
    const runs = [...rangesOf(coarse)];
    expect([...rangesOf(map)].every((a) => runs.some((b) => b.from <= a.from && a.to <= b.to))).toBe(true);
  });

  test('leaves a map alone that fits', () => {
    const map = Float64Array.of(0, 1024, 900_000, 901_000);
    expect(coarsen(map, 4096)).toBe(map);
  });
});

describe('the encoded map', () => {
  test('reads back, beyond 2^32 too', () => {
    const map = Float64Array.of(0, 1024, 2 ** 40, 2 ** 44 + 512);
    expect(decodeMap(encodeMap(map), 2 ** 45)).toEqual(map);
  });

  test.each([
    ['runs that descend', [0, 1024, 512, 2048]],
    ['an empty run', [512, 512]],
    ['a run beyond the end', [0, 8192]],
  ])('is refused with %s', (_, flat) => {
    expect(() => decodeMap(encodeMap(Float64Array.from(flat)), 4096)).toThrow(
      expect.objectContaining({ code: 'MOVE_JOURNAL_INVALID' }),
    );
  });
});
