import fc from 'fast-check';
import { KeyTable } from './key-table.ts';

/** Few different halves, so that keys meet: also zeros, which mark free slots. */
const half = fc.integer({ min: -40, max: 40 });
const entry = fc.tuple(half, half, fc.nat(0xffff_fffe));

describe('KeyTable', () => {
  test('holds what a Map would, while it grows', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3000 }), (entries) => {
        const table = new KeyTable();
        const map = new Map<string, number>();
        // Zero and zero, and zero and one, are one key: digests that nobody meets.
        const keyOf = (high: number, low: number): string => `${high},${high === 0 && low === 0 ? 1 : low}`;
        for (const [high, low, value] of entries) {
          expect(table.set(high, low, value)).toBe(!map.has(keyOf(high, low)));
          map.set(keyOf(high, low), value);
        }
        expect(table.size).toBe(map.size);
        for (const [high, low] of entries) expect(table.get(high, low)).toBe(map.get(keyOf(high, low)));
        expect(table.get(1000, 1000)).toBe(-1);
        table.clear();
        for (const [high, low] of entries) expect(table.get(high, low)).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });
});
