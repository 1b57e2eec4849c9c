import { decodeHeader, headerLayout } from '../format/header.ts';
import { buildImage } from '../testing/image.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import type { PassingCluster } from './cluster-ring.ts';
import { StreamRefcounts } from './stream-refcounts.ts';

const CLUSTER = 512;

/** An image of 512-byte clusters whose refcount table is cluster 1 and its only block cluster 2. */
function headerOf(change: (view: DataView) => void = () => {}) {
  const { bytes } = buildImage();
  const view = new DataView(bytes.buffer);
  headerLayout.refcount_table_offset.set(view, 0, CLUSTER);
  headerLayout.refcount_table_clusters.set(view, 0, 1);
  change(view);
  return decodeHeader(bytes);
}

function cluster(index: number, fill: (view: DataView) => void): PassingCluster {
  const bytes = new Uint8Array(CLUSTER);
  fill(new DataView(bytes.buffer));
  return { index, bytes, length: CLUSTER, used: 0 };
}

const table = (...blocks: readonly number[]) =>
  cluster(1, (view) => {
    for (const [index, block] of blocks.entries()) setU64(view, index * 8, block);
  });
/** 16-bit refcounts, those of cluster 3 and 4. */
const block = (index: number, third: number, fourth: number) =>
  cluster(index, (view) => {
    view.setUint16(6, third);
    view.setUint16(8, fourth);
  });

test('the counts of a block are known once table and block have passed', () => {
  const refcounts = new StreamRefcounts(headerOf());
  expect(refcounts.get(3)).toBeUndefined();
  refcounts.pass(table(2 * CLUSTER));
  refcounts.pass(block(2, 5, 7));
  expect([refcounts.get(3), refcounts.get(4), refcounts.get(255), refcounts.get(256)]).toEqual([5, 7, 0, undefined]);
});

test('tables and blocks are marked as used for ever, other clusters are not', () => {
  const refcounts = new StreamRefcounts(headerOf());
  const passing = [cluster(0, () => {}), table(2 * CLUSTER), block(2, 1, 1), cluster(3, () => {})];
  for (const each of passing) refcounts.pass(each);
  expect(passing.map(({ used }) => used)).toEqual([0, Infinity, Infinity, 0]);
});

test('the counts of a dirty image are not trusted', () => {
  const refcounts = new StreamRefcounts(headerOf((view) => headerLayout.incompatible_features_lo.set(view, 0, 1)));
  refcounts.pass(table(2 * CLUSTER));
  refcounts.pass(block(2, 5, 7));
  expect(refcounts.get(3)).toBeUndefined();
});

test('a block that came before the table is not known', () => {
  const refcounts = new StreamRefcounts(
    headerOf((view) => headerLayout.refcount_table_offset.set(view, 0, 2 * CLUSTER)),
  );
  refcounts.pass(block(1, 5, 7));
  refcounts.pass({ ...table(CLUSTER), index: 2 });
  expect(refcounts.get(3)).toBeUndefined();
});

test('a table that QEMU would refuse is not read', () => {
  const refcounts = new StreamRefcounts(
    headerOf((view) => headerLayout.refcount_table_clusters.set(view, 0, 2 ** 23 / CLUSTER + 1)),
  );
  const passing = table(2 * CLUSTER);
  refcounts.pass(passing);
  expect(passing.used).toBe(0);
});

test('a block that the table names many times is decoded once', () => {
  const refcounts = new StreamRefcounts(headerOf());
  refcounts.pass(table(...Array<number>(64).fill(2 * CLUSTER)));
  const passing = block(2, 5, 7);
  const { buffer } = passing.bytes;
  let decoded = 0;
  Object.defineProperty(passing.bytes, 'buffer', {
    get: () => {
      decoded++;
      return buffer;
    },
  });
  refcounts.pass(passing);
  expect(decoded).toBe(1);
  expect(refcounts.get(3)).toBe(5);
});
