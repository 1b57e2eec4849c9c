import { ClusterRuns } from '../base/cluster-runs.ts';
import { frontLayout } from './front-layout.ts';
import { usedSpace } from './used-space.ts';

/** 512-byte clusters: 64 clusters in a table, 256 in a refcount block. Planned: 1000 clusters in 16 tables. */
const LAYOUT = frontLayout({ virtualSize: 1000 * 512, clusterBits: 9, l2Tables: 16, dataClusters: 1000 });
const used = (start: number, count: number) => {
  const stored = ClusterRuns.from(count === 0 ? [] : [{ start, count }]);
  return usedSpace(LAYOUT, { clusterBits: 9, stored, dataBytes: count * 512 });
};

test('a layout that is used in full has no free clusters', () => {
  expect(used(0, 1000)).toEqual({
    refcountBlocks: LAYOUT.refcountBlocks,
    l2Tables: 16,
    bytes: LAYOUT.totalBytes,
    freeClusters: 0,
  });
});

test('of a layout that is used in part, the unused tables and blocks are free, and the file is shorter', () => {
  const { refcountBlocks, l2Tables, bytes, freeClusters } = used(64, 100);
  expect(bytes).toBe(LAYOUT.dataOffset + 100 * 512);
  expect(l2Tables).toBe(2);
  expect(refcountBlocks).toBe(Math.ceil(bytes / 512 / 256));
  expect(refcountBlocks).toBeLessThan(LAYOUT.refcountBlocks);
  expect(freeClusters).toBe(LAYOUT.refcountBlocks - refcountBlocks + 14);
});

test('without data the image ends with its last refcount block', () => {
  expect(used(0, 0)).toEqual({
    refcountBlocks: 1,
    l2Tables: 0,
    bytes: LAYOUT.refcountBlocksOffset + 512,
    freeClusters: 0,
  });
});
