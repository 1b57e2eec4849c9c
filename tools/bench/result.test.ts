import { median, pairedRatio } from './measure.ts';
import { misses, type Result, resultOf, type Targets, table } from './result.ts';

const cost = (cpu: number, peak = 40) => ({ cpu, wall: cpu * 2, peak });
const targets: Targets = {
  standalone: { raw: { tiny: 2 } },
  node: {},
  peakMiB: { standalone: { '*': 64, huge: 100 } },
};
const result = (cpu: number, peak: number, fixture = 'tiny'): Result =>
  resultOf({ operation: 'raw', fixture, runtime: 'standalone' }, [cost(cpu, peak)], [cost(10)]);

test('the median of an even number of values is the mean of the middle two', () => {
  expect(median([9, 1, 2, 4])).toBe(3);
  expect(median([9, 1, 2])).toBe(2);
});

test('ratios are of runs that stand beside each other, not of medians', () => {
  expect(pairedRatio([cost(1), cost(20), cost(300)], [cost(10), cost(10), cost(100)], 'cpu')).toBe(2);
});

test('a missed ratio and a missed peak are named, with what was found', () => {
  expect(misses([result(20, 64)], targets)).toEqual([]);
  expect(misses([result(21, 65)], targets)).toEqual([
    'raw tiny standalone: CPU 2.100, target 2',
    'raw tiny standalone: peak 65 MiB, target 64',
  ]);
  expect(misses([result(999, 99, 'huge')], targets)).toEqual([]);
});

test('a ratio that is not a number misses its target', () => {
  expect(misses([resultOf({ operation: 'raw', fixture: 'tiny', runtime: 'standalone' }, [], [])], targets)).toContain(
    'raw tiny standalone: CPU NaN, target 2',
  );
});

test('every result is one row under the headings', () => {
  expect(
    table([result(20, 64), result(5, 30, 'huge')], targets)
      .trim()
      .split('\n'),
  ).toHaveLength(4);
});
