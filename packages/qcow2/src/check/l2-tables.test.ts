import fc from 'fast-check';
import { runSync } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import type { SnapshotInfo } from '../format/snapshot-entry.ts';
import { COPIED_HI, setEntry } from '../format/table-entry.ts';
import { hostFile, readInfo } from '../read/layer.ts';
import { readSnapshots } from '../read/snapshots.ts';
import { arraySource, buildImage } from '../testing/image.fixture.ts';
import { type CheckFinding, findingSink } from './findings.ts';
import { readL1Tables, timesNamed } from './l2-tables.ts';

const CLUSTER = 512;

/** An image with an L1 table of four entries and a snapshot with the same entries. */
function scene() {
  const { bytes, at } = buildImage({
    virtualSize: 4 * 64 * CLUSTER,
    clusters: [{ kind: 'data', fill: 1 }],
    snapshot: { id: '1', name: 'n' },
  });
  return { bytes, at, view: viewOf(bytes) };
}

function read(
  bytes: Uint8Array,
  change: (snapshot: SnapshotInfo) => SnapshotInfo = (snapshot) => snapshot,
  size = bytes.length,
) {
  const source = arraySource(bytes);
  const info = runSync(readInfo(source));
  const file = hostFile({ ...source, size }, 'image', {});
  const { snapshots } = runSync(readSnapshots(hostFile(source, 'image', {}), info));
  const findings: CheckFinding[] = [];
  const sink = findingSink((finding) => findings.push(finding));
  const tables = runSync(readL1Tables(file, info, snapshots.map(change), sink));
  return { tables, findings };
}

test('all L2 tables are named in ascending order, as often as they are named', () => {
  const { bytes, at, view } = scene();
  setEntry(view, at.l1, 20 * CLUSTER, COPIED_HI);
  setEntry(view, at.l1 + 24, 10 * CLUSTER);
  setEntry(view, at.snapshotL1, 30 * CLUSTER);
  setEntry(view, at.snapshotL1 + 24, 10 * CLUSTER);
  const { tables, findings } = read(bytes);
  expect(findings).toEqual([]);
  expect(tables.l1Tables).toEqual([
    { offset: at.l1, entries: 4, isActive: true },
    { offset: at.snapshotL1, entries: 4, isActive: false },
  ]);
  expect([...tables.active]).toEqual([20 * CLUSTER, 0, 0, 10 * CLUSTER]);
  expect([...tables.copied]).toEqual([1, 0, 0, 0]);
  expect([...tables.all]).toEqual([10, 10, 20, 30].map((cluster) => cluster * CLUSTER));
});

test('an offset above 4 GiB is whole', () => {
  const { bytes, at, view } = scene();
  setEntry(view, at.l1, 2 ** 40 + CLUSTER, COPIED_HI);
  expect(read(bytes).tables.active[0]).toBe(2 ** 40 + CLUSTER);
});

test.each([
  // The lowest and the highest reserved bit of each half.
  [0, 1],
  [0, 0x100],
  [0x0100_0000, 0],
  [0x4000_0000, 0],
])('reserved bits %i and %i are reported, and the table counts', (hi, lo) => {
  const { bytes, at, view } = scene();
  setEntry(view, at.l1 + 8, 10 * CLUSTER, hi, lo);
  const { tables, findings } = read(bytes);
  expect(findings).toEqual([
    { kind: 'corruption', what: 'reserved-bits', message: 'L1 entry 1 has reserved bits set', hostOffset: at.l1 + 8 },
  ]);
  expect(tables.active[1]).toBe(10 * CLUSTER);
});

test('an L2 table that is not aligned is reported and left out', () => {
  const { bytes, at } = buildImage({ clusterBits: 10, clusters: [{ kind: 'data', fill: 1 }] });
  const view = viewOf(bytes);
  setEntry(view, at.l1, 5 * 1024 + 512, COPIED_HI);
  const { tables, findings } = read(bytes);
  expect(findings).toEqual([
    {
      kind: 'corruption',
      what: 'unaligned',
      message: 'L1 entry 0: L2 table at byte 5632 is not aligned',
      hostOffset: at.l1,
    },
  ]);
  expect([...tables.active]).toEqual([0]);
  expect([...tables.all]).toEqual([]);
});

describe('an L1 table of a snapshot', () => {
  test('without entries is not one', () => {
    const { bytes, at } = scene();
    const { tables, findings } = read(bytes, (snapshot) => ({ ...snapshot, l1Entries: 0 }));
    expect(tables.l1Tables.map(({ offset }) => offset)).toEqual([at.l1]);
    expect(findings).toEqual([]);
  });

  test('that is not aligned is reported and left out', () => {
    const { bytes, at } = scene();
    const { tables, findings } = read(bytes, (snapshot) => ({ ...snapshot, l1Offset: at.snapshotL1 + 8 }));
    expect(tables.l1Tables).toHaveLength(1);
    expect(findings).toMatchObject([{ what: 'unaligned', hostOffset: at.snapshotL1 + 8 }]);
    expect(findings[0]?.message).toMatch(/^L1 table of a snapshot: /);
  });

  test.each([
    [0, []],
    [1, ['beyond-end']],
  ])('that ends %i bytes past the end of the file is reported as %j', (past, expected) => {
    const { bytes, at } = scene();
    const { findings, tables } = read(bytes, undefined, at.snapshotL1 + 32 - past);
    expect(findings.map(({ what }) => what)).toEqual(expected);
    expect(tables.l1Tables).toHaveLength(2 - expected.length);
  });

  test('at byte 0 would be the header: it is reported and left out', () => {
    const { bytes } = scene();
    const { tables, findings } = read(bytes, (snapshot) => ({ ...snapshot, l1Offset: 0 }));
    expect(tables.l1Tables).toHaveLength(1);
    expect(findings).toMatchObject([{ what: 'beyond-end', hostOffset: 0 }]);
  });
});

test('without a readable active table the snapshots are read all the same', () => {
  const { bytes, at } = scene();
  const source = arraySource(bytes);
  const info = runSync(readInfo(source));
  const { snapshots } = runSync(readSnapshots(hostFile(source, 'image', {}), info));
  const findings: CheckFinding[] = [];
  const damaged = { ...info, header: { ...info.header, l1Offset: 1000 * CLUSTER } };
  const sink = findingSink((finding) => findings.push(finding));
  const tables = runSync(readL1Tables(hostFile(source, 'image', {}), damaged, snapshots, sink));
  expect(findings).toMatchObject([{ what: 'beyond-end', hostOffset: 1000 * CLUSTER }]);
  expect(findings[0]?.message).toMatch(/^active L1 table at byte 512000 with 4 entries is outside the image /);
  expect(tables.l1Tables.map(({ offset }) => offset)).toEqual([at.snapshotL1]);
  expect([...tables.active]).toEqual([]);
  expect([...tables.all]).toEqual([at.l2]);
});

const SNAPSHOT: SnapshotInfo = {
  id: '1',
  name: 'n',
  l1Offset: CLUSTER,
  l1Entries: 2 ** 22,
  seconds: 0,
  nanoseconds: 0,
  vmClockNanoseconds: 0n,
  vmStateSize: 0,
  diskSize: undefined,
};

describe('tables of 2^22 entries each, of zeros', () => {
  function readAll(snapshots: readonly SnapshotInfo[]) {
    const info = runSync(readInfo(arraySource(buildImage().bytes)));
    const header = { ...info.header, l1Entries: 2 ** 22, l1Offset: CLUSTER };
    let reads = 0;
    const file = hostFile({ size: 2 ** 40, readAt: () => void reads++ }, 'image', {});
    const read = () =>
      runSync(
        readL1Tables(
          file,
          { ...info, header },
          snapshots,
          findingSink(() => {}),
        ),
      );
    return { read, reads: () => reads };
  }

  test('are kept if they are two', () => {
    const { read } = readAll([SNAPSHOT]);
    expect(read().l1Tables).toHaveLength(2);
  });

  test('are too many with one entry more, before they are read', () => {
    const { read, reads } = readAll([SNAPSHOT, { ...SNAPSHOT, l1Entries: 1 }]);
    expect(read).toThrow(
      expect.objectContaining({
        code: 'QCOW2_TOO_LARGE',
        detail: { field: 'l1_size', value: 2 ** 23 + 1, limit: 2 ** 23 },
      }),
    );
    expect(reads()).toBe(0);
  });
});

test('how often a table is named, and where it is first', () => {
  const offset = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(2 ** 53, 2 ** 55));
  fc.assert(
    fc.property(fc.array(offset), offset, (named, wanted) => {
      const all = Float64Array.from(named).sort();
      const times = named.filter((each) => each === wanted).length;
      const first = named.filter((each) => each < wanted).length;
      expect(timesNamed(all, wanted)).toEqual({ first, times });
    }),
  );
});
