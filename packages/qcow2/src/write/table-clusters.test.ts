import { viewOf } from '../format/be.ts';
import { standardGeometry } from './front-layout.ts';
import { l2Clusters, plainL2Clusters, refcountBlockClusters, type StoredCluster } from './table-clusters.ts';

const copies = (clusters: Iterable<Uint8Array>) => Array.from(clusters, (cluster) => cluster.slice());

test('entries of plain clusters are right where the offset passes 2^32 and where a run crosses tables', () => {
  const runs = [
    { start: 500, count: 1000 },
    { start: 5000, count: 3 },
  ];
  const dataOffset = 2 ** 32 - 4096 * 700;
  const clusters: StoredCluster[] = runs
    .flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i))
    .map((guest, ordinal) => ({ guest, offset: dataOffset + ordinal * 4096, compressedLength: 0 }));
  const tables = copies(plainL2Clusters(runs, dataOffset, standardGeometry(12)));
  expect(tables.length).toBe(4);
  expect(tables).toEqual(copies(l2Clusters(clusters, standardGeometry(12))));
  // Guest cluster 1200 is the first at or beyond 4 GiB: entry 176 of the third table.
  expect(viewOf(tables[2] ?? new Uint8Array(0)).getBigUint64(176 * 8)).toBe((1n << 63n) | (1n << 32n));
});

test('refcount blocks hold the counts of the runs, and zeros between and after them', () => {
  const spans = [
    { start: 1, count: 2, references: 1 },
    { start: 300, count: 1, references: 7 },
    { start: 510, count: 4, references: 1 },
  ];
  const blocks = copies(refcountBlockClusters(spans, 4, 9));
  const counts = blocks.flatMap((block) => Array.from({ length: 256 }, (_, i) => viewOf(block).getUint16(i * 2)));
  expect(counts.length).toBe(1024);
  const expected = new Map([
    [1, 1],
    [2, 1],
    [300, 7],
    [510, 1],
    [511, 1],
    [512, 1],
    [513, 1],
  ]);
  expect(counts).toEqual(Array.from({ length: 1024 }, (_, i) => expected.get(i) ?? 0));
});
