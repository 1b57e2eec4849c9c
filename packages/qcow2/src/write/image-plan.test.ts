import { ClusterRuns } from '../base/cluster-runs.ts';
import { chooseClusterBits, planImage } from './image-plan.ts';

const GIB = 2 ** 30;
const TIB = 2 ** 40;

test('the parts of a plan follow each other without gap, and the last ends the file', () => {
  const plan = planImage({ virtualSize: 100 * GIB, clusterBits: 12, version: 2, runs: [{ start: 7, count: 1000 }] });
  expect(plan).toMatchObject({
    l1Entries: 51_200,
    l1Offset: 4096,
    refcountTableOffset: 4096 + 51_200 * 8,
    refcountTableClusters: 1,
    refcountBlocks: 1,
    l2Tables: 2,
    dataClusters: 1000,
  });
  expect(plan.refcountBlocksOffset).toBe(plan.refcountTableOffset + 4096);
  expect(plan.l2Offset).toBe(plan.refcountBlocksOffset + 4096);
  expect(plan.dataOffset).toBe(plan.l2Offset + 2 * 4096);
  expect(plan.totalBytes).toBe(plan.dataOffset + 1000 * 4096);
});

test('the refcount blocks of a full 7 TiB disk cover themselves', () => {
  const clusters = (7 * TIB) / 4096;
  const plan = planImage({
    virtualSize: 8 * TIB,
    clusterBits: 12,
    version: 2,
    runs: [{ start: 0, count: clusters - 1 }],
  });
  expect(plan.refcountBlocks * 2048).toBeGreaterThanOrEqual(plan.totalBytes / 4096);
  expect((plan.refcountBlocks - 1) * 2048).toBeLessThan(plan.totalBytes / 4096);
  expect(plan.refcountTableClusters * 512).toBeGreaterThanOrEqual(plan.refcountBlocks);
});

test.each([
  [7 * TIB, 12, 12],
  [8 * TIB, 12, 13],
  [8 * TIB + 512, 12, 13],
  [512 * GIB + 512, 10, 11],
  [GIB, 16, 16],
  [0, 12, 12],
])('for %d bytes, from 2^%d on, QEMU takes clusters of 2^%d', (virtualSize, least, bits) => {
  expect(chooseClusterBits(virtualSize, least)).toBe(bits);
});

test('a cluster size too small for the disk is refused before anything else happens', () => {
  const plan = () => planImage({ virtualSize: 520 * GIB, clusterBits: 10, version: 2, runs: [] });
  expect(plan).toThrow(expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }));
  expect(() => chooseClusterBits(2 ** 62, 9)).toThrow(expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }));
});

test.each([8, 22, 12.5])('a cluster size of 2^%d is a RangeError', (clusterBits) => {
  expect(() => planImage({ virtualSize: GIB, clusterBits, version: 2, runs: [] })).toThrow(RangeError);
});

test('a run beyond the disk is a RangeError, the last part of a cluster is not beyond', () => {
  const plan = (count: number) =>
    planImage({ virtualSize: 4097, clusterBits: 12, version: 2, runs: [{ start: 0, count }] });
  expect(plan(2).virtualSize).toBe(4608);
  expect(() => plan(3)).toThrow(RangeError);
});

test('planning 15 TiB with few runs costs by the runs', () => {
  const runs = ClusterRuns.from([
    { start: 0, count: 10 },
    { start: 2 ** 30, count: 10 },
  ]);
  const plan = planImage({ virtualSize: 15 * TIB, clusterBits: 13, version: 2, runs });
  expect(plan.l2Tables).toBe(2);
  expect(plan.runs).toBe(runs);
});
