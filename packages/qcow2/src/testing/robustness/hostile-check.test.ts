import { checkQcow2 } from '../../check/check.ts';
import type { CheckFinding } from '../../check/findings.ts';
import { viewOf } from '../../format/field.ts';
import { headerLayout as f } from '../../format/header.ts';
import { COPIED_HI, setEntry } from '../../format/table-entry.ts';
import { arraySource, buildImage, type Fixture, type FixtureOptions } from '../image.fixture.ts';
import { setU64 } from '../set-u64.fixture.ts';

interface Row {
  readonly name: string;
  readonly what: CheckFinding['what'];
  readonly poke: (view: DataView, fixture: Fixture) => void;
  readonly image?: FixtureOptions;
  readonly kind?: CheckFinding['kind'];
}

/** One line of the table: what the check must find after one field of a clean image was changed. */
function row(name: string, what: Row['what'], poke: Row['poke'], more: Pick<Row, 'image' | 'kind'> = {}): Row {
  return { name, what, poke, ...more };
}

const DATA: FixtureOptions = { clusters: [{ kind: 'data', fill: 1 }, undefined, { kind: 'data', fill: 2 }] };
const LARGE = { image: { ...DATA, clusterBits: 12 } };
const COMPRESSED = { image: { clusters: [{ kind: 'compressed', fill: 1 }] } } as const;
const SUB = {
  image: { extendedL2: true, clusterBits: 14, clusters: [{ kind: 'sub', fill: 1, allocated: 1, zeros: 2 }] },
} as const;
const SNAPSHOT = { image: { ...DATA, snapshot: { id: '1', name: 'before' } } };
const BITMAP = { image: { ...DATA, bitmap: 'b0' } };
const LEAK = { kind: 'leak' } as const;

const ROWS: Row[] = [
  row('refcount table of no clusters', 'table-unreadable', (v) => f.refcount_table_clusters.set(v, 0, 0)),
  row('refcount table of 2^32 - 1 clusters', 'table-unreadable', (v) =>
    f.refcount_table_clusters.set(v, 0, 0xffff_ffff),
  ),
  row('refcount table unaligned', 'table-unreadable', (v, { at }) => setU64(v, 48, at.refcountTable + 8)),
  row('refcount table past the end', 'table-unreadable', (v, { bytes }) => setU64(v, 48, bytes.length)),
  row('refcount table entry with a reserved bit', 'reserved-bits', (v, { at }) =>
    setU64(v, at.refcountTable, at.refcountBlock + 8),
  ),
  row(
    'refcount block unaligned',
    'refcount-block',
    (v, { at }) => setU64(v, at.refcountTable, at.refcountBlock + 512),
    LARGE,
  ),
  row('refcount block past the end', 'refcount-block', (v, { at, bytes }) => setU64(v, at.refcountTable, bytes.length)),
  row('refcount too low', 'refcount', (v, { at }) => v.setUint16(at.refcountBlock, 0)),
  row('refcount too high', 'refcount', (v, { at }) => v.setUint16(at.refcountBlock, 2), LEAK),
  row('cluster no longer used', 'refcount', (v, { at }) => setU64(v, at.l2, 0), LEAK),
  row('L1 past the end', 'beyond-end', (v, { bytes }) => setU64(v, 40, bytes.length)),
  row('L1 entry naming the L1 table', 'refcount', (v, { at }) => setU64(v, at.l1, at.l1)),
  row('L1 entry at 2^55', 'beyond-end', (v, { at }) => v.setUint32(at.l1, COPIED_HI + 0x80_0000)),
  row('L1 entry with a reserved bit', 'reserved-bits', (v, { at }) => v.setUint32(at.l1 + 4, at.l2 + 1)),
  row('L1 entry unaligned', 'unaligned', (v, { at }) => v.setUint32(at.l1 + 4, at.l2 + 512), LARGE),
  row('L1 entry without COPIED', 'copied-flag', (v, { at }) => v.setUint32(at.l1, 0)),
  row('L2 entry naming its own table', 'refcount', (v, { at }) => v.setUint32(at.l2 + 4, at.l2)),
  row('L2 entry naming the L1 table', 'refcount', (v, { at }) => v.setUint32(at.l2 + 4, at.l1)),
  row('two guest clusters in one host cluster', 'refcount', (v, { at }) => v.setUint32(at.l2 + 4, at.data[2] ?? 0)),
  row('L2 entry without COPIED', 'copied-flag', (v, { at }) => v.setUint32(at.l2, 0)),
  row('L2 entry past the end', 'beyond-end', (v, { at, bytes }) => v.setUint32(at.l2 + 4, bytes.length)),
  row('L2 entry unaligned', 'unaligned', (v, { at }) => v.setUint32(at.l2 + 4, (at.data[0] ?? 0) + 512), LARGE),
  row('L2 entry with a reserved bit', 'reserved-bits', (v, { at }) => v.setUint32(at.l2, COPIED_HI + 0x2000_0000)),
  row(
    'compressed entry with COPIED',
    'copied-flag',
    (v, { at }) => v.setUint8(at.l2, v.getUint8(at.l2) + 0x80),
    COMPRESSED,
  ),
  row(
    'compressed entry past the end',
    'beyond-end',
    (v, { at, bytes }) => v.setUint32(at.l2 + 4, bytes.length),
    COMPRESSED,
  ),
  row('subcluster allocated and zero', 'subclusters', (v, { at }) => v.setUint32(at.l2 + 8, 1), SUB),
  row('subclusters without a host offset', 'subclusters', (v, { at }) => setU64(v, at.l2, 0), SUB),
  row('snapshot table past the end', 'table-unreadable', (v, { bytes }) => setU64(v, 64, bytes.length), SNAPSHOT),
  row('snapshot L1 past the end', 'beyond-end', (v, { at, bytes }) => setU64(v, at.snapshots, bytes.length), SNAPSHOT),
  row('snapshot L1 too long', 'unaligned', (v, { at }) => v.setUint32(at.snapshots + 8, 0xffff_ffff), SNAPSHOT),
  row('snapshot that lost its table', 'refcount', (v, { at }) => setU64(v, at.snapshotL1, 0), { ...SNAPSHOT, ...LEAK }),
  row(
    'bitmap table past the end',
    'beyond-end',
    (v, { at, bytes }) => setU64(v, at.bitmapDirectory, bytes.length),
    BITMAP,
  ),
  row('bitmap directory past the end', 'table-unreadable', (v, { bytes }) => setU64(v, 112 + 24, bytes.length), BITMAP),
];

describe('checkQcow2 on images one field away from a clean one', () => {
  test.each(ROWS)('$name: $what', ({ image = DATA, poke, what, kind = 'corruption' }) => {
    const fixture = buildImage(image);
    const findings: CheckFinding[] = [];
    const onFinding = (finding: CheckFinding) => void findings.push(finding);
    expect(checkQcow2(arraySource(fixture.bytes), { onFinding })).toMatchObject({ corruptions: 0, leaks: 0 });
    expect(findings).toEqual([]);
    poke(viewOf(fixture.bytes), fixture);
    const report = checkQcow2(arraySource(fixture.bytes), { onFinding });
    expect(findings).toContainEqual(expect.objectContaining({ what, kind }));
    expect(report.corruptions).toBe(findings.filter((finding) => finding.kind === 'corruption').length);
    expect(report.leaks).toBe(findings.filter((finding) => finding.kind === 'leak').length);
  });
});

test.each<[string, FixtureOptions, number, (fixture: Fixture, view: DataView, end: number) => void]>([
  ['an L2 table', { ...DATA, clusterBits: 12 }, 4096, ({ at }, view, end) => setEntry(view, at.l1, end, COPIED_HI)],
  ['a bitmap table', BITMAP.image, 8, ({ at }, view, end) => setU64(view, at.bitmapDirectory, end)],
])('%s of which the end is missing is reported, though its cluster begins in the file', (_, image, length, place) => {
  const fixture = buildImage(image);
  const end = fixture.bytes.length;
  const findings: CheckFinding[] = [];
  const onFinding = (finding: CheckFinding) => void findings.push(finding);
  const whole = new Uint8Array(end + length);
  whole.set(fixture.bytes);
  place(fixture, viewOf(whole), end);
  checkQcow2(arraySource(whole), { onFinding });
  expect(findings).not.toContainEqual(expect.objectContaining({ what: 'beyond-end' }));
  checkQcow2(arraySource(whole.slice(0, end + 4)), { onFinding });
  expect(findings).toContainEqual(expect.objectContaining({ what: 'beyond-end', hostOffset: end }));
});
