import { deflateRawSync } from 'node:zlib';
import { setU64, viewOf } from './be.ts';
import { checkQcow2 } from './check.ts';
import type { Qcow2ErrorCode } from './errors.ts';
import { headerLayout as f } from './header.ts';
import { EXTENSION, stringExtension } from './header-extension.ts';
import { arraySource, buildImage, type Fixture, type FixtureOptions } from './image.fixture.ts';
import { openQcow2, type Qcow2Image, type SyncOpenOptions } from './reader.ts';
import { COMPRESSED_HI, COPIED_HI, setCompressedEntry } from './table-entry.ts';

/** What is asked of the image; the valid neighbour must answer, the hostile one must refuse. */
type Action = 'open' | 'read' | 'extents' | 'snapshots' | 'snapshot' | 'bitmaps';

type Code = Qcow2ErrorCode extends `QCOW2_${infer Rest}` ? Rest : never;

/** The neighbour, and the one field that makes it hostile. */
interface Change {
  readonly image?: FixtureOptions;
  /** Change one field. */
  readonly poke?: (view: DataView, fixture: Fixture) => void;
  /** Cut the file to so many bytes. */
  readonly cut?: (fixture: Fixture) => number;
  readonly options?: SyncOpenOptions;
}

interface Row extends Change {
  readonly name: string;
  readonly action: Action;
  readonly code: Code;
}

/** One line of the table; `code` without its prefix. */
function row(name: string, action: Action, code: Code, change: Change): Row {
  return { name, action, code, ...change };
}

const DATA: FixtureOptions = { clusters: [{ kind: 'data', fill: 1 }, undefined, { kind: 'data', fill: 2 }] };
const COMPRESSED: FixtureOptions = {
  clusters: [
    { kind: 'compressed', fill: 1 },
    { kind: 'data', fill: 2 },
  ],
};
const ZSTD: FixtureOptions = { ...DATA, zstd: true };
const EXTENDED: FixtureOptions = {
  extendedL2: true,
  clusterBits: 14,
  clusters: [
    { kind: 'sub', fill: 1, allocated: 0xff, zeros: 0xff00 },
    { kind: 'data', fill: 2 },
  ],
};
const SNAPSHOT: FixtureOptions = { ...DATA, snapshot: { id: '1', name: 'before' } };
const BITMAP: FixtureOptions = { ...DATA, bitmap: 'b0' };
const BACKED: FixtureOptions = { ...DATA, backing: { name: 'base', format: 'raw' } };
const V2: FixtureOptions = { ...DATA, version: 2 };

const base = arraySource(new Uint8Array(4096).fill(9));
const followsBase: SyncOpenOptions = { resolve: () => ({ source: base, id: 'base' }) };
const followsData: SyncOpenOptions = { resolve: () => ({ source: base, id: 'data' }) };
/** Byte of the first header extension: its type, then its length. */
const extensionAt = 112;

const HEADER_ROWS: Row[] = [
  row('magic', 'open', 'BAD_MAGIC', { poke: (v) => f.magic.set(v, 0, 0x5146_49fa) }),
  row('empty file', 'open', 'BAD_MAGIC', { cut: () => 0 }),
  row('file of 3 bytes', 'open', 'BAD_MAGIC', { cut: () => 3 }),
  row('file of 7 bytes', 'open', 'TRUNCATED', { cut: () => 7 }),
  row('file of 71 bytes', 'open', 'TRUNCATED', { image: V2, cut: () => 71 }),
  row('file of 103 bytes', 'open', 'TRUNCATED', { cut: () => 103 }),
  row('file of 104 bytes', 'open', 'TRUNCATED', { cut: () => 104 }),
  row('version 0', 'open', 'UNSUPPORTED_VERSION', { poke: (v) => f.version.set(v, 0, 0) }),
  row('version 1', 'open', 'UNSUPPORTED_VERSION', { poke: (v) => f.version.set(v, 0, 1) }),
  row('version 4', 'open', 'UNSUPPORTED_VERSION', { poke: (v) => f.version.set(v, 0, 4) }),
  ...[8, 22, 0xffff_ffff].map((bits) =>
    row(`cluster_bits ${bits}`, 'open', 'UNSUPPORTED_FEATURE', { poke: (v) => f.cluster_bits.set(v, 0, bits) }),
  ),
  ...[96, 106, 0, 520, 0xffff_fff8].map((length) =>
    row(`header length ${length}`, 'open', 'CORRUPT', { poke: (v) => f.header_length.set(v, 0, length) }),
  ),
  row('refcount_order 7', 'open', 'CORRUPT', { poke: (v) => f.refcount_order.set(v, 0, 7) }),
  ...[5, 31].map((bit) =>
    row(`incompatible bit ${bit}`, 'open', 'UNSUPPORTED_FEATURE', {
      poke: (v) => f.incompatible_features_lo.set(v, 0, 2 ** bit),
    }),
  ),
  row('incompatible bit 63', 'open', 'UNSUPPORTED_FEATURE', {
    poke: (v) => f.incompatible_features_hi.set(v, 0, 0x8000_0000),
  }),
  row('compression type 2', 'open', 'UNSUPPORTED_FEATURE', {
    image: ZSTD,
    poke: (v) => f.compression_type.set(v, 0, 2),
  }),
  row('zstd without its feature bit', 'open', 'CORRUPT', {
    image: ZSTD,
    poke: (v) => f.incompatible_features_lo.set(v, 0, 0),
  }),
  row('feature bit of zstd without its type', 'open', 'CORRUPT', {
    image: ZSTD,
    poke: (v) => f.compression_type.set(v, 0, 0),
  }),
  row('extended L2 with 8 KiB clusters', 'open', 'CORRUPT', {
    image: EXTENDED,
    poke: (v) => f.cluster_bits.set(v, 0, 13),
  }),
  row('crypt method 3', 'open', 'UNSUPPORTED_FEATURE', { poke: (v) => f.crypt_method.set(v, 0, 3) }),
  row('AES', 'read', 'ENCRYPTED', { poke: (v) => f.crypt_method.set(v, 0, 1) }),
  row('LUKS without a crypto header', 'open', 'CORRUPT', { poke: (v) => f.crypt_method.set(v, 0, 2) }),
  row('a crypto header without LUKS', 'open', 'CORRUPT', {
    image: { ...DATA, extensions: [{ type: 0x1234, data: new Uint8Array(16) }] },
    poke: (v) => v.setUint32(extensionAt, EXTENSION.cryptoHeader),
  }),
  row('virtual size 2^62', 'open', 'TOO_LARGE', { poke: (v) => v.setUint32(24, 0x4000_0000) }),
  row('virtual size 2^63 - 512', 'open', 'TOO_LARGE', { poke: (v) => v.setUint32(24, 0x7fff_ffff) }),
  row('virtual size beyond the L1 table', 'open', 'CORRUPT', { poke: (v) => setU64(v, 24, 2 ** 30) }),
  row("virtual size above the caller's limit", 'open', 'TOO_LARGE', {
    options: { maxVirtualSize: 1536 },
    poke: (v) => setU64(v, 24, 64 * 512),
  }),
];

const PLACE_ROWS: Row[] = [
  row('L1 unaligned', 'open', 'CORRUPT', { poke: (v, { at }) => setU64(v, 40, at.l1 + 8) }),
  row('L1 at 2^63', 'open', 'TOO_LARGE', { poke: (v) => v.setUint32(40, 0x8000_0000) }),
  row('L1 at 2^52', 'open', 'TRUNCATED', { poke: (v) => setU64(v, 40, 2 ** 52) }),
  row('L1 on the header', 'open', 'CORRUPT', { poke: (v) => setU64(v, 40, 0) }),
  row('L1 of 2^32 - 1 entries', 'open', 'TOO_LARGE', { poke: (v) => f.l1_size.set(v, 0, 0xffff_ffff) }),
  row('L1 of 32 MiB and 8 bytes', 'open', 'TOO_LARGE', { poke: (v) => f.l1_size.set(v, 0, 4_194_305) }),
  row('L1 of 32 MiB in a small file', 'open', 'TRUNCATED', { poke: (v) => f.l1_size.set(v, 0, 4_194_304) }),
  row('L1 of no entries', 'open', 'CORRUPT', { poke: (v) => f.l1_size.set(v, 0, 0) }),
  row('L1 behind the end', 'open', 'TRUNCATED', { poke: (v, { bytes }) => setU64(v, 40, bytes.length) }),
  row('cut inside the L1 table', 'open', 'TRUNCATED', { cut: ({ at }) => at.l1 + 4 }),
  row('cut before the L2 table', 'read', 'TRUNCATED', { cut: ({ at }) => at.l2 }),
  row('cut inside the L2 table', 'read', 'TRUNCATED', { cut: ({ at }) => at.l2 + 256 }),
  row('cut before the last data', 'read', 'TRUNCATED', { cut: ({ at }) => at.data[2] ?? 0 }),
  row('backing name beyond cluster 0', 'open', 'CORRUPT', {
    image: BACKED,
    options: followsBase,
    poke: (v) => setU64(v, 8, 510),
  }),
  row('backing name at 2^40', 'open', 'CORRUPT', {
    image: BACKED,
    options: followsBase,
    poke: (v) => setU64(v, 8, 2 ** 40),
  }),
  row('backing name inside the header', 'open', 'CORRUPT', {
    image: BACKED,
    options: followsBase,
    poke: (v) => setU64(v, 8, 100),
  }),
  row('backing name of 1024 bytes', 'open', 'CORRUPT', {
    image: BACKED,
    options: followsBase,
    poke: (v) => f.backing_file_size.set(v, 0, 1024),
  }),
  row('backing name of 4 GiB', 'open', 'CORRUPT', {
    image: BACKED,
    options: followsBase,
    poke: (v) => f.backing_file_size.set(v, 0, 0xffff_ffff),
  }),
  row('an extension longer than cluster 0', 'open', 'CORRUPT', {
    image: { ...DATA, extensions: [stringExtension(0x99, 'unknown')] },
    poke: (v) => v.setUint32(extensionAt + 4, 400),
  }),
  row('an extension of 4 GiB', 'open', 'CORRUPT', {
    image: { ...DATA, extensions: [stringExtension(0x99, 'unknown')] },
    poke: (v) => v.setUint32(extensionAt + 4, 0xffff_ffff),
  }),
  row('an extension twice', 'open', 'CORRUPT', {
    image: { ...DATA, extensions: [stringExtension(EXTENSION.backingFormat, 'raw'), stringExtension(0x99, 'raw')] },
    poke: (v) => v.setUint32(extensionAt + 16, EXTENSION.backingFormat),
  }),
  row('a provenance extension of 15 bytes', 'open', 'CORRUPT', {
    image: { ...DATA, extensions: [{ type: EXTENSION.provenance, data: new Uint8Array(16) }] },
    poke: (v) => v.setUint32(extensionAt + 4, 15),
  }),
];

const ENTRY_ROWS: Row[] = [
  row('L1 entry unaligned', 'read', 'CORRUPT', {
    image: { ...DATA, clusterBits: 12 },
    poke: (v, { at }) => v.setUint32(at.l1 + 4, at.l2 + 512),
  }),
  row('L1 entry behind the end', 'read', 'TRUNCATED', {
    poke: (v, { at, bytes }) => v.setUint32(at.l1 + 4, bytes.length),
  }),
  row('L1 entry at 2^55', 'read', 'TRUNCATED', { poke: (v, { at }) => v.setUint32(at.l1, COPIED_HI + 0x80_0000) }),
  row('L1 entry with bit 62', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l1, COPIED_HI + 0x4000_0000) }),
  row('L1 entry with bit 0', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l1 + 4, at.l2 + 1) }),
  row('L2 entry unaligned', 'read', 'CORRUPT', {
    image: { ...DATA, clusterBits: 12 },
    poke: (v, { at }) => v.setUint32(at.l2 + 4, (at.data[0] ?? 0) + 512),
  }),
  row('L2 entry behind the end', 'read', 'TRUNCATED', {
    poke: (v, { at, bytes }) => v.setUint32(at.l2 + 4, bytes.length),
  }),
  row('L2 entry at 2^55', 'read', 'TRUNCATED', { poke: (v, { at }) => v.setUint32(at.l2, COPIED_HI + 0x80_0000) }),
  row('L2 entry with bit 61', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l2, COPIED_HI + 0x2000_0000) }),
  row('L2 entry with bit 8', 'read', 'CORRUPT', {
    poke: (v, { at }) => v.setUint32(at.l2 + 4, (at.data[0] ?? 0) + 0x100),
  }),
  row('L2 entry COPIED without a place', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l2 + 4, 0) }),
  row('zero flag in version 2', 'read', 'CORRUPT', {
    image: V2,
    poke: (v, { at }) => v.setUint32(at.l2 + 4, (at.data[0] ?? 0) + 1),
  }),
  row('zero flag beside subclusters', 'read', 'CORRUPT', {
    image: EXTENDED,
    poke: (v, { at }) => v.setUint32(at.l2 + 4, (at.data[0] ?? 0) + 1),
  }),
  row('subcluster allocated and zero', 'read', 'CORRUPT', {
    image: EXTENDED,
    poke: (v, { at }) => v.setUint32(at.l2 + 8, 0xff),
  }),
  row('subclusters without a place', 'read', 'CORRUPT', { image: EXTENDED, poke: (v, { at }) => setU64(v, at.l2, 0) }),
  row('invalid entry in extents', 'extents', 'CORRUPT', {
    poke: (v, { at }) => v.setUint32(at.l2, COPIED_HI + 0x2000_0000),
  }),
];

const COMPRESSED_ROWS: Row[] = [
  row('deflate garbage', 'read', 'BAD_CLUSTER', {
    image: COMPRESSED,
    poke: (v, { at }) => v.setUint8((at.data[0] ?? 0) + 3, 0xff),
  }),
  row('compressed entry with COPIED moved behind the end', 'read', 'TRUNCATED', {
    image: COMPRESSED,
    poke: (v, { at, bytes }) => v.setUint32(at.l2 + 4, bytes.length + 3),
  }),
  row('compressed entry above 2^56', 'read', 'CORRUPT', {
    image: COMPRESSED,
    poke: (v, { at }) => v.setUint32(at.l2, COMPRESSED_HI + 0x0100_0000),
  }),
  row('compressed output too short', 'read', 'BAD_CLUSTER', {
    image: COMPRESSED,
    poke: (v, { at }) => put(v, (at.data[0] ?? 0) + 3, deflateRawSync(new Uint8Array(511))),
  }),
  row('compressed output one byte too long', 'read', 'BAD_CLUSTER', {
    image: COMPRESSED,
    poke: (v, { at }) => put(v, (at.data[0] ?? 0) + 3, deflateRawSync(new Uint8Array(513))),
  }),
  row('deflate bomb of 128 MiB', 'read', 'BAD_CLUSTER', {
    image: { clusterBits: 18, clusters: [{ kind: 'compressed', fill: 1 }] },
    poke: (v, { at }) => {
      const bomb = deflateRawSync(new Uint8Array(2 ** 27));
      put(v, at.data[0] ?? 0, bomb);
      setCompressedEntry(v, at.l2, { offset: at.data[0] ?? 0, length: bomb.length, clusterBits: 18 });
    },
  }),
  row('file cut inside a compressed stream', 'read', 'BAD_CLUSTER', {
    image: { clusterBits: 12, clusters: [{ kind: 'compressed', fill: 1 }] },
    cut: ({ at }) => (at.data[0] ?? 0) + 5,
  }),
  row('compressed cluster beside a data file', 'read', 'CORRUPT', {
    image: { ...DATA, dataFile: { name: 'data' } },
    options: followsData,
    poke: (v, { at }) => v.setUint32(at.l2, COMPRESSED_HI),
  }),
];

const SIDE_ROWS: Row[] = [
  row('65537 snapshots', 'open', 'TOO_LARGE', { image: SNAPSHOT, poke: (v) => f.nb_snapshots.set(v, 0, 65_537) }),
  row('65536 snapshots in a small file', 'snapshots', 'CORRUPT', {
    image: SNAPSHOT,
    poke: (v) => f.nb_snapshots.set(v, 0, 65_536),
  }),
  row('snapshot table behind the end', 'snapshots', 'TRUNCATED', {
    image: SNAPSHOT,
    poke: (v, { bytes }) => setU64(v, 64, bytes.length),
  }),
  row('snapshot table unaligned', 'snapshots', 'CORRUPT', {
    image: SNAPSHOT,
    poke: (v, { at }) => setU64(v, 64, at.snapshots + 8),
  }),
  row('snapshot table on the header', 'snapshots', 'CORRUPT', { image: SNAPSHOT, poke: (v) => setU64(v, 64, 0) }),
  row('snapshot with 1025 bytes of extra data', 'snapshots', 'TOO_LARGE', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint32(at.snapshots + 36, 1025),
  }),
  row('snapshot with 4 GiB of extra data', 'snapshots', 'TOO_LARGE', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint32(at.snapshots + 36, 0xffff_ffff),
  }),
  row('version 3 snapshot without a disk size', 'snapshots', 'CORRUPT', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint32(at.snapshots + 36, 8),
  }),
  row('snapshot name behind the end', 'snapshots', 'TRUNCATED', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint16(at.snapshots + 14, 0xffff),
  }),
  row('snapshot L1 behind the end', 'snapshot', 'TRUNCATED', {
    image: SNAPSHOT,
    poke: (v, { at, bytes }) => setU64(v, at.snapshots, bytes.length),
  }),
  row('snapshot L1 unaligned', 'snapshot', 'CORRUPT', {
    image: SNAPSHOT,
    poke: (v, { at }) => setU64(v, at.snapshots, at.snapshotL1 + 8),
  }),
  row('snapshot L1 of 2^32 - 1 entries', 'snapshot', 'TOO_LARGE', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint32(at.snapshots + 8, 0xffff_ffff),
  }),
  row('snapshot disk of 2^63 bytes', 'snapshot', 'TOO_LARGE', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint32(at.snapshots + 48, 0x8000_0000),
  }),
  row('snapshot of another name', 'snapshot', 'NO_SNAPSHOT', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint8(at.snapshots + 57, 0x41),
  }),
  row('no bitmaps in the extension', 'bitmaps', 'TOO_LARGE', {
    image: BITMAP,
    poke: (v) => v.setUint32(extensionAt + 8, 0),
  }),
  row('65536 bitmaps', 'bitmaps', 'TOO_LARGE', { image: BITMAP, poke: (v) => v.setUint32(extensionAt + 8, 65_536) }),
  row('65535 bitmaps in a small directory', 'bitmaps', 'CORRUPT', {
    image: BITMAP,
    poke: (v) => v.setUint32(extensionAt + 8, 65_535),
  }),
  row('bitmap directory of 2^40 bytes', 'bitmaps', 'TOO_LARGE', {
    image: BITMAP,
    poke: (v) => setU64(v, extensionAt + 16, 2 ** 40),
  }),
  row('bitmap directory behind the end', 'bitmaps', 'TRUNCATED', {
    image: BITMAP,
    poke: (v, { bytes }) => setU64(v, extensionAt + 24, bytes.length),
  }),
  row('bitmap directory unaligned', 'bitmaps', 'CORRUPT', {
    image: BITMAP,
    poke: (v, { at }) => setU64(v, extensionAt + 24, at.bitmapDirectory + 8),
  }),
  row('bitmap without a name', 'bitmaps', 'CORRUPT', {
    image: BITMAP,
    poke: (v, { at }) => v.setUint16(at.bitmapDirectory + 18, 0),
  }),
  row('bitmap name longer than the directory', 'bitmaps', 'CORRUPT', {
    image: BITMAP,
    poke: (v, { at }) => v.setUint16(at.bitmapDirectory + 18, 1023),
  }),
  row('bitmap extra data of 4 GiB', 'bitmaps', 'CORRUPT', {
    image: BITMAP,
    poke: (v, { at }) => v.setUint32(at.bitmapDirectory + 20, 0xffff_ffff),
  }),
  row('bitmap granularity of 256 bytes', 'bitmaps', 'CORRUPT', {
    image: BITMAP,
    poke: (v, { at }) => v.setUint8(at.bitmapDirectory + 17, 8),
  }),
  row('bitmaps extension of 16 bytes', 'bitmaps', 'CORRUPT', {
    image: BITMAP,
    poke: (v) => v.setUint32(extensionAt + 4, 16),
  }),
];

const CHAIN_ROWS: Row[] = [
  row('data file without a name', 'open', 'DATA_FILE_NOT_FOUND', {
    image: { ...DATA, dataFile: { name: 'data' } },
    options: followsData,
    poke: (v) => v.setUint32(extensionAt, 0x99),
  }),
  row('raw data file without a data file', 'open', 'CORRUPT', {
    image: { ...DATA, dataFile: { name: 'data', raw: true } },
    options: followsData,
    poke: (v) => f.incompatible_features_lo.set(v, 0, 0),
  }),
  row('data file by protocol', 'open', 'DATA_FILE_REFUSED', {
    image: { ...DATA, dataFile: { name: 'nbd/x' } },
    options: followsData,
    poke: (v) => v.setUint8(extensionAt + 11, 0x3a),
  }),
  row('backing file by protocol', 'open', 'BACKING_REFUSED', {
    image: { ...DATA, backing: { name: 'json_x', format: 'raw' } },
    options: followsBase,
    poke: (v) => v.setUint8(f.backing_file_offset.get(v, 0) + 4, 0x3a),
  }),
  row('backing name with a NUL', 'open', 'BACKING_REFUSED', {
    image: BACKED,
    options: followsBase,
    poke: (v) => v.setUint8(f.backing_file_offset.get(v, 0) + 2, 0),
  }),
  row('backing format not stated', 'open', 'BACKING_REFUSED', {
    image: BACKED,
    options: followsBase,
    poke: (v) => v.setUint32(extensionAt, 0x99),
  }),
  row('backing format vmdk', 'open', 'UNSUPPORTED_FEATURE', {
    image: BACKED,
    options: followsBase,
    poke: (v) => v.setUint8(extensionAt + 8, 0x76),
  }),
];

function put(view: DataView, at: number, bytes: Uint8Array): void {
  new Uint8Array(view.buffer).set(bytes, at);
}

const ACTIONS: Record<Action, (image: Qcow2Image) => unknown> = {
  open: ({ size }) => size,
  read: (image) => image.readAt(new Uint8Array(image.size), 0),
  extents: (image) => [...image.extents()],
  snapshots: (image) => image.snapshots(),
  snapshot: (image) => ACTIONS.read(image.snapshot({ snapshot: 'before' })),
  bitmaps: (image) => image.bitmaps(),
};

const ROWS = [...HEADER_ROWS, ...PLACE_ROWS, ...ENTRY_ROWS, ...COMPRESSED_ROWS, ...SIDE_ROWS, ...CHAIN_ROWS];

describe('hostile images, each one field away from a valid one', () => {
  test('are at least 70', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(70);
  });

  test.each(ROWS)('$name: $code', ({ image = DATA, poke, cut, action, code, options = {} }) => {
    const fixture = buildImage(image);
    const attempt = (bytes: Uint8Array) => ACTIONS[action](openQcow2(arraySource(bytes), options));
    if (image.zstd !== true) attempt(fixture.bytes);
    expect(checkQcow2(arraySource(fixture.bytes))).toMatchObject({ corruptions: 0, leaks: 0 });
    const hostile = fixture.bytes.slice(0, cut?.(fixture));
    poke?.(viewOf(hostile), { ...fixture, bytes: hostile });
    const started = performance.now();
    expect(() => attempt(hostile)).toThrow(expect.objectContaining({ name: 'Qcow2Error', code: `QCOW2_${code}` }));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
