import fc from 'fast-check';
import { ClusterRuns, touchedTables } from './cluster-runs.ts';

/** Ascending cluster numbers, far apart or touching, also above 2^32. */
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
const numbersOf = (runs: Iterable<{ start: number; count: number }>) =>
  [...runs].flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));

test('clusters are returned as maximal runs, however they were added', () => {
  fc.assert(
    fc.property(clusterNumbers, (numbers) => {
      const set = ClusterRuns.from(numbers.map(single));
      const runs = [...set];
      expect(numbersOf(runs)).toEqual(numbers);
      expect(set).toMatchObject({
        runCount: runs.length,
        clusterCount: numbers.length,
        end: (numbers.at(-1) ?? -1) + 1,
      });
      runs.slice(1).forEach((run, i) => {
        const before = runs[i] ?? run;
        expect(run.start).toBeGreaterThan(before.start + before.count);
      });
    }),
  );
});

test('`from` returns the clusters at or above a number', () => {
  fc.assert(
    fc.property(clusterNumbers, fc.nat(), (numbers, choice) => {
      const from = (numbers[choice % (numbers.length + 1)] ?? 0) + (choice % 3);
      const rest = numbersOf(ClusterRuns.from(numbers.map(single)).from(from));
      expect(rest).toEqual(numbers.filter((number) => number >= from));
    }),
  );
});

test('thousands of runs, which need several pages, are returned as they were added', () => {
  const runs = Array.from({ length: 9000 }, (_, i) => ({
    start: i * (i % 3 === 0 ? 1_000_003 : 1_000_000),
    count: 1 + (i % 200),
  }))
    .sort((a, b) => a.start - b.start)
    .filter(({ start }, i, all) => i === 0 || start > (all[i - 1]?.start ?? 0) + 200);
  const set = ClusterRuns.from(runs);
  expect([...set]).toEqual(runs);
  expect(set.runCount).toBe(runs.length);
});

test('runs of the largest numbers fill pages to the last byte', () => {
  // Gap and length of about 2^46, 7 bytes each: 14 bytes per run, 292 runs per page.
  const runs = Array.from({ length: 60 }, (_, i) => ({ start: (2 * i + 1) * 2 ** 46, count: 2 ** 46 - 1 }));
  expect([...ClusterRuns.from(runs)]).toEqual(runs);
  const last = Number.MAX_SAFE_INTEGER - 1;
  expect([...ClusterRuns.from([single(0), single(last)])]).toEqual([single(0), single(last)]);
});

test('a set that would need more than its bound is refused', () => {
  const set = new ClusterRuns({ maxBytes: 3 * 4096 });
  const fill = () => {
    for (let start = 0; ; start += 2 ** 29) set.push(start, 2 ** 28);
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }));
  // 10 bytes per run: 408 or 409 runs in each of the 3 pages, and the two that are in no page.
  expect(set.runCount).toBeGreaterThanOrEqual(3 * 408 + 2);
  expect(set.runCount).toBeLessThanOrEqual(3 * 410);
});

test('the bound is 64 MiB', () => {
  expect(new ClusterRuns().maxBytes).toBe(64 * 2 ** 20);
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
  ['a fraction of a cluster', [{ start: 1, count: 0.5 }]],
])('%s is a RangeError', (_, runs) => {
  expect(() => ClusterRuns.from(runs)).toThrow(RangeError);
});

test('touched tables are those that a division of each cluster number yields', () => {
  fc.assert(
    fc.property(clusterNumbers, fc.constantFrom(1, 2, 64, 512), (numbers, entries) => {
      const tables = numbersOf(touchedTables(ClusterRuns.from(numbers.map(single)), entries));
      expect(tables).toEqual([...new Set(numbers.map((number) => Math.floor(number / entries)))]);
    }),
  );
});
