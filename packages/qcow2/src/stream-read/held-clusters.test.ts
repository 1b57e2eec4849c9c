import { MemorySpool } from '../io/spool.ts';
import { HeldClusters } from './held-clusters.ts';

const cluster = (fill: number) => new Uint8Array(8).fill(fill);

test('a cluster is held until it was taken as often as it is referenced', async () => {
  const held = new HeldClusters(8, {});
  const bytes = cluster(1);
  await held.add(5, bytes, 2);
  bytes.fill(9);
  expect(await held.take(5)).toEqual(cluster(1));
  expect(await held.take(5)).toEqual(cluster(1));
  expect(await held.take(5)).toBeUndefined();
  expect(await held.take(6)).toBeUndefined();
});

test('memory is released when a cluster was taken, and the largest use is reported', async () => {
  const held = new HeldClusters(8, { holdLimit: 16 });
  await held.add(1, cluster(1), 1);
  await held.add(2, cluster(2), 1);
  expect(held.maxInMemory).toBe(16);
  await expect(held.add(3, cluster(3), 1)).rejects.toMatchObject({ code: 'QCOW2_CANNOT_STREAM' });
  await held.take(1);
  await held.add(3, cluster(3), 1);
  expect([held.maxInMemory, held.spooled]).toEqual([16, 0]);
  held.clear();
  expect(await held.take(2)).toBeUndefined();
  await held.add(4, cluster(4), 1);
  await held.add(5, cluster(5), 1);
  expect(held.maxInMemory).toBe(16);
});

test('more than the limit goes to one spool, and is read from it', async () => {
  let opened = 0;
  const openSpool = () => {
    opened++;
    return new MemorySpool();
  };
  const held = new HeldClusters(8, { holdLimit: 8, openSpool });
  await held.add(1, cluster(1), 1);
  expect(opened).toBe(0);
  await held.add(2, cluster(2), 2);
  await held.add(3, cluster(3), 1);
  expect([opened, held.spooled, held.maxInMemory]).toEqual([1, 16, 8]);
  expect(await held.take(3)).toEqual(cluster(3));
  expect(await held.take(2)).toEqual(cluster(2));
  expect(await held.take(1)).toEqual(cluster(1));
  expect(await held.take(2)).toEqual(cluster(2));
  expect(await held.take(2)).toBeUndefined();
  // What the spool held does not count as memory.
  await held.add(4, cluster(4), 1);
  expect([held.spooled, held.maxInMemory]).toEqual([16, 8]);
});
