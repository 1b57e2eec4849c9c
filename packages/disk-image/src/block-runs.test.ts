import fc from 'fast-check';
import { byteRuns, clusterRuns } from './block-runs.ts';

test('runs of blocks become runs of bytes, beyond 2^32 too', () => {
  const runs = [
    { start: 0, count: 1 },
    { start: 2 ** 32, count: 3 },
  ];
  expect([...byteRuns(runs, 4096)]).toEqual([
    { offset: 0, length: 4096 },
    { offset: 2 ** 44, length: 12_288 },
  ]);
});

/** Ascending runs that do not touch, from gaps and lengths. */
const blockRuns = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), { maxLength: 8 })
  .map((pairs) => {
    let end = 0;
    return pairs.map(([gap, count]) => {
      const start = end + gap;
      end = start + count;
      return { start, count };
    });
  });

test('runs of clusters have each cluster that contains a block of the runs, once and ascending', () => {
  fc.assert(
    fc.property(blockRuns, fc.constantFrom(1, 4, 16), fc.integer({ min: 0, max: 6 }), (runs, factor, firstCluster) => {
      const blocks = runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => start + index));
      const clusters = [...new Set(blocks.map((block) => Math.floor(block / factor)))];
      const found = [...clusterRuns(runs, { blockSize: 1024, clusterSize: 1024 * factor, firstCluster })];
      expect(found.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => start + index))).toEqual(
        clusters.filter((cluster) => cluster >= firstCluster),
      );
    }),
  );
});
