import fc from 'fast-check';
import { bitmapRuns } from './bitmap-runs.ts';

describe('bitmapRuns', () => {
  test('tells exactly the bits that are set, in runs that do not touch', () => {
    const byte = fc.oneof(fc.constantFrom(0, 0xff), fc.nat(0xff));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (bytes) => {
        const runs = [...bitmapRuns(Uint8Array.from(bytes))];
        const told = runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));
        const set = bytes.flatMap((value, i) =>
          [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (value >> bit) & 1).map((bit) => i * 8 + bit),
        );
        expect(told).toEqual(set);
        runs.slice(1).forEach(({ start }, i) => {
          expect(start).toBeGreaterThan((runs[i]?.start ?? 0) + (runs[i]?.count ?? 0));
        });
      }),
    );
  });
});
