import fc from 'fast-check';
import { PendingNames, SIDE } from './pending-names.ts';

const name = fc.record({
  high: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  low: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  length: fc.integer({ min: 1, max: 255 }),
  leaf: fc.integer({ min: -1, max: 100_000 }),
  side: fc.constantFrom(...Object.values(SIDE)),
});
type Name = typeof name extends fc.Arbitrary<infer T> ? T : never;

function pendingOf(names: readonly Name[]): PendingNames {
  const pending = new PendingNames();
  for (const { high, low, length, leaf, side } of names) pending.add(high, low, length, leaf, side);
  return pending;
}

const read = (pending: PendingNames) =>
  Array.from({ length: pending.count }, (_, at) => ({
    high: pending.high[at],
    low: pending.low[at],
    length: pending.length[at],
    leaf: pending.leaf[at],
    side: pending.side[at],
  }));

describe('names that wait', () => {
  test('are kept as they were added, also when there are many', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 250, maxLength: 600 }), (names) => {
        expect(read(pendingOf(names))).toEqual(names);
      }),
      { numRuns: 10 },
    );
  });

  test('are filtered in order, by their position before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 40 }), (names) => {
        const pending = pendingOf(names.map(([one]) => one));
        pending.filter((at) => names[at]?.[1] ?? false);
        expect(read(pending)).toEqual(names.filter(([, isWanted]) => isWanted).map(([one]) => one));
      }),
    );
  });

  test('are numbered by length, in the order they were added', () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 60 }), (names) => {
        const { order, starts } = pendingOf(names).byLength();
        expect(order).toHaveLength(names.length);
        for (let length = 0; length < 256; length++) {
          const expected = [...names.keys()].filter((at) => names[at]?.length === length);
          expect([...order.subarray(starts[length], starts[length + 1])]).toEqual(expected);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('are forgotten', () => {
    const pending = pendingOf([{ high: 1, low: 2, length: 3, leaf: 4, side: SIDE.above }]);
    pending.clear();
    expect(pending.count).toBe(0);
    pending.add(5, 6, 7, 8, SIDE.below);
    expect(read(pending)).toEqual([{ high: 5, low: 6, length: 7, leaf: 8, side: SIDE.below }]);
  });
});
