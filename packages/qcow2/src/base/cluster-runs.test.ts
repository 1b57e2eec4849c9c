import fc from 'fast-check';
import { ClusterRuns, touchedTables } from './cluster-runs.ts';

/** Ascending cluster numbers, far apart or touching, also beyond 2^32. */
const clusterNumbers = fc
  .array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2 ** 33 })), {
    maxLength: 200,
  })
  .map((steps) => {
    let at = -1;
    return steps.map((step) => {
      at += step;
      return at;
    });
  });

const single = (start: number) => ({ start, count: 1 });

test('clusters come back as maximal runs, whatever pieces they were added in', () => {
  fc.assert(
    fc.property(clusterNumbers, (numbers) => {
      const runs = [...ClusterRuns.from(numbers.map(single))];
      expect(runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i))).toEqual(numbers);
      runs.slice(1).forEach((run, i) => {
        const before = runs[i] ?? run;
        expect(run.start).toBeGreaterThan(before.start + before.count);
      });
    }),
  );
});

test('the ordinal of a cluster is its place among those of the set, and undefined for all others', () => {
  fc.assert(
    fc.property(clusterNumbers, (numbers) => {
      const set = ClusterRuns.from(numbers.map(single));
      expect(set.clusterCount).toBe(numbers.length);
      numbers.forEach((number, ordinal) => {
        expect(set.ordinalOf(number)).toBe(ordinal);
        if (numbers[ordinal + 1] !== number + 1) expect(set.ordinalOf(number + 1)).toBeUndefined();
      });
      if (numbers[0] !== 0) expect(set.ordinalOf(0)).toBeUndefined();
    }),
  );
});

test('the same is true of thousands of runs, which take several pages', () => {
  const runs = Array.from({ length: 9000 }, (_, i) => ({
    start: i * (i % 3 === 0 ? 1_000_003 : 1_000_000),
    count: 1 + (i % 200),
  }))
    .sort((a, b) => a.start - b.start)
    .filter(({ start }, i, all) => i === 0 || start > (all[i - 1]?.start ?? 0) + 200);
  const set = ClusterRuns.from(runs);
  expect([...set]).toEqual(runs);
  expect(set.runCount).toBe(runs.length);
  const before = runs.map((_, i) => runs.slice(0, i % 50 === 0 ? i : 0).reduce((sum, { count }) => sum + count, 0));
  for (let i = 0; i < runs.length; i += 50) {
    const { start = 0, count = 0 } = runs[i] ?? {};
    expect(set.ordinalOf(start)).toBe(before[i]);
    expect(set.ordinalOf(start + count - 1)).toBe((before[i] ?? 0) + count - 1);
    expect(set.ordinalOf(start + count)).toBeUndefined();
  }
});

test.each([
  [
    'a run before the last one',
    [
      { start: 5, count: 2 },
      { start: 3, count: 1 },
    ],
  ],
  [
    'an overlap',
    [
      { start: 5, count: 2 },
      { start: 6, count: 1 },
    ],
  ],
  ['an empty run', [{ start: 5, count: 0 }]],
  ['a negative start', [{ start: -1, count: 1 }]],
  ['a fraction', [{ start: 0.5, count: 1 }]],
])('%s is a RangeError', (_, runs) => {
  expect(() => ClusterRuns.from(runs)).toThrow(RangeError);
});

test('touched tables are those that a division of each cluster number names', () => {
  fc.assert(
    fc.property(clusterNumbers, fc.constantFrom(1, 2, 64, 512), (numbers, entries) => {
      const tables = [...touchedTables(ClusterRuns.from(numbers.map(single)), entries)];
      const indexes = tables.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
      expect(indexes).toEqual([...new Set(numbers.map((number) => Math.floor(number / entries)))]);
    }),
  );
});
