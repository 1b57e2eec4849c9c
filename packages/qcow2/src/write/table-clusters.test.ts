import { viewOf } from '../format/field.ts';
import { frontLayout, standardGeometry } from './front-layout.ts';
import {
  l1Clusters,
  l2Clusters,
  plainL2Clusters,
  refcountBlockClusters,
  refcountTableClusters,
  type StoredCluster,
} from './table-clusters.ts';

const COPIED = 1n << 63n;
const copies = (clusters: Iterable<Uint8Array>) => Array.from(clusters, (cluster) => cluster.slice());
/** All 64-bit entries of clusters. */
const entriesOf = (clusters: Iterable<Uint8Array>) =>
  copies(clusters).flatMap((cluster) =>
    Array.from({ length: cluster.length / 8 }, (_, index) => viewOf(cluster).getBigUint64(index * 8)),
  );

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
  // Tables 0, 1, 2 and 9: each entry is the offset of its cluster, the others are 0.
  const expected = new Map(clusters.map(({ guest, offset }) => [guest, COPIED | BigInt(offset)]));
  const guests = [0, 1, 2, 9].flatMap((table) => Array.from({ length: 512 }, (_, i) => table * 512 + i));
  expect(entriesOf(tables)).toEqual(guests.map((guest) => expected.get(guest) ?? 0n));
});

test('a compressed cluster has a descriptor without the COPIED bit', () => {
  const clusters = [{ guest: 3, offset: 70_000, compressedLength: 600 }];
  const [table] = [entriesOf(l2Clusters(clusters, standardGeometry(12)))];
  // Bytes 70 000 to 70 600 touch sectors 136 and 137: one further sector.
  expect(table.filter((entry) => entry !== 0n)).toEqual([(1n << 62n) | (1n << 58n) | 70_000n]);
  expect(table[3]).not.toBe(0n);
});

test('L1 and refcount table name each table and block in turn, over several clusters', () => {
  // 512-byte clusters: 64 entries in each, 256 refcounts in a block.
  const layout = frontLayout({ virtualSize: 200 * 64 * 512, clusterBits: 9, l2Tables: 70, dataClusters: 20_000 });
  const tables = [
    { start: 10, count: 60 },
    { start: 190, count: 10 },
  ];
  const named = [...Array.from({ length: 60 }, (_, i) => 10 + i), ...Array.from({ length: 10 }, (_, i) => 190 + i)];
  const offsets = new Map(named.map((index, ordinal) => [index, COPIED | BigInt(layout.l2Offset + ordinal * 512)]));
  const l1 = entriesOf(l1Clusters(tables, layout));
  expect(l1).toEqual(Array.from({ length: 256 }, (_, index) => offsets.get(index) ?? 0n));
  expect(layout.refcountBlocks).toBeGreaterThan(64);
  const blocks = entriesOf(refcountTableClusters(layout.refcountBlocks - 1, layout));
  expect(blocks).toEqual(
    Array.from({ length: layout.refcountTableClusters * 64 }, (_, index) =>
      index < layout.refcountBlocks - 1 ? BigInt(layout.refcountBlocksOffset + index * 512) : 0n,
    ),
  );
});

test('refcount blocks hold the counts of the runs, and zeros between and after them', () => {
  const runs = [
    { start: 1, count: 2, references: 1 },
    { start: 300, count: 1, references: 7 },
    { start: 510, count: 4, references: 1 },
  ];
  const blocks = copies(refcountBlockClusters(runs, 4, 9));
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
