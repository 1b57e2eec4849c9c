import { COPIED_HI, setCompressedEntry, setEntry, ZERO_LO } from '../format/table-entry.ts';
import { arraySource, buildImage } from '../testing/image.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import { checkQcow2 } from './check.ts';
import type { CheckFinding } from './findings.ts';

const CLUSTER = 512;

function check(bytes: Uint8Array) {
  const findings: CheckFinding[] = [];
  const report = checkQcow2(arraySource(bytes), { onFinding: (finding) => findings.push(finding) });
  return { report, findings };
}

test('the figures are those of qemu-img check', () => {
  // Header, L1, L2, then the data in order: 3 plain clusters in a row, a zero cluster without space, a compressed one.
  const { bytes } = buildImage({
    clusters: [
      { kind: 'data', fill: 1 },
      { kind: 'data', fill: 2 },
      undefined,
      { kind: 'data', fill: 3 },
      { kind: 'zero' },
      { kind: 'compressed', fill: 4 },
    ],
  });
  expect(check(bytes).report).toEqual({
    corruptions: 0,
    leaks: 0,
    totalClusters: 6,
    allocatedClusters: 4,
    fragmentedClusters: 1,
    compressedClusters: 1,
    imageEndOffset: bytes.length,
  });
});

test('a cluster that does not follow the previous one is fragmented, the first of a table is not', () => {
  const { bytes, at } = buildImage({
    clusters: [1, 2, 3, 4].map((fill) => ({ kind: 'data', fill }) as const),
  });
  const view = new DataView(bytes.buffer);
  const order = [at.data[2], at.data[3], at.data[0], at.data[1]];
  order.forEach((offset = 0, index) => {
    setEntry(view, at.l2 + index * 8, offset, COPIED_HI);
  });
  expect(check(bytes).report).toMatchObject({ corruptions: 0, fragmentedClusters: 1, allocatedClusters: 4 });
});

test('a zero cluster with space of its own is allocated', () => {
  const { bytes } = buildImage({ clusters: [{ kind: 'zero', placed: true }, { kind: 'zero' }] });
  expect(check(bytes).report).toMatchObject({ corruptions: 0, leaks: 0, allocatedClusters: 1 });
});

test('the end of the image is that of the last cluster in use, not of the file', () => {
  const { bytes } = buildImage({ clusters: [{ kind: 'data', fill: 1 }] });
  const longer = new Uint8Array(bytes.length + 5 * CLUSTER);
  longer.set(bytes);
  expect(check(longer).report).toMatchObject({ corruptions: 0, leaks: 0, imageEndOffset: bytes.length });
});

test('two references to one cluster are a corruption with both counts', () => {
  const { bytes, at } = buildImage({ clusters: [{ kind: 'data', fill: 1 }, undefined] });
  setEntry(new DataView(bytes.buffer), at.l2 + 8, at.data[0] ?? 0, COPIED_HI);
  const { report, findings } = check(bytes);
  expect(report).toMatchObject({ corruptions: 1, leaks: 0, allocatedClusters: 2 });
  expect(findings).toEqual([
    expect.objectContaining({ kind: 'corruption', what: 'refcount', hostOffset: at.data[0], found: 1, expected: 2 }),
  ]);
});

test('a compressed stream counts as a reference to each cluster that its sectors touch', () => {
  const { bytes, at } = buildImage({ clusters: [{ kind: 'data', fill: 1 }, { kind: 'data', fill: 2 }, undefined] });
  const view = new DataView(bytes.buffer);
  // From the last byte of the first data cluster into the second one.
  const offset = (at.data[0] ?? 0) + CLUSTER - 1;
  setCompressedEntry(view, at.l2 + 16, { offset, length: 2, clusterBits: 9 });
  const { report, findings } = check(bytes);
  expect(report).toMatchObject({ corruptions: 2, compressedClusters: 1, fragmentedClusters: 1 });
  expect(findings.map(({ hostOffset, expected }) => [hostOffset, expected])).toEqual([
    [at.data[0], 2],
    [at.data[1], 2],
  ]);
});

test('the clusters of a bitmap are counted by its table', () => {
  const { bytes, at } = buildImage({ clusters: [{ kind: 'data', fill: 1 }], bitmap: 'b0' });
  const view = new DataView(bytes.buffer);
  expect(check(bytes).report).toMatchObject({ corruptions: 0, leaks: 0 });
  setU64(view, at.bitmapTable, at.data[0] ?? 0);
  expect(check(bytes).findings).toMatchObject([{ what: 'refcount', hostOffset: at.data[0], found: 1, expected: 2 }]);
  // The flag "all ones" without an offset is not a reference.
  setU64(view, at.bitmapTable, 1);
  expect(check(bytes).findings).toEqual([]);
});

test('snapshots count the tables and clusters that they share', () => {
  const { bytes, at } = buildImage({ clusters: [{ kind: 'data', fill: 1 }], snapshot: { id: '1', name: 'n' } });
  const view = new DataView(bytes.buffer);
  expect(check(bytes).report).toMatchObject({ corruptions: 0, leaks: 0, allocatedClusters: 1 });
  // Of a shared cluster the COPIED bit must be clear.
  setEntry(view, at.l2, at.data[0] ?? 0, COPIED_HI);
  expect(check(bytes).findings).toMatchObject([{ what: 'copied-flag', found: 2, guestOffset: 0 }]);
});

test('reserved bits of each kind of entry are reported with their host offset', () => {
  const { bytes, at } = buildImage({ clusters: [{ kind: 'data', fill: 1 }] });
  const view = new DataView(bytes.buffer);
  view.setUint8(at.l2, view.getUint8(at.l2) | 0x20);
  view.setUint8(at.l1 + 7, 1);
  view.setUint8(at.refcountTable + 7, 1);
  expect(check(bytes).findings.map(({ what, hostOffset }) => [what, hostOffset])).toEqual([
    ['reserved-bits', at.refcountBlock],
    ['reserved-bits', at.l1],
    ['reserved-bits', at.data[0]],
  ]);
});

test('version 3 zero clusters are not corruptions', () => {
  const { bytes, at } = buildImage({ clusters: [undefined, undefined] });
  setEntry(new DataView(bytes.buffer), at.l2, 0, 0, ZERO_LO);
  expect(check(bytes)).toMatchObject({ findings: [], report: { allocatedClusters: 0 } });
});
