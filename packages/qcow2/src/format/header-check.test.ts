import { buildImage } from '../testing/image.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import { featureBits } from './features.ts';
import { decodeHeader, type HeaderTail, type Qcow2Header } from './header.ts';
import {
  checkHeader,
  checkHeaderShape,
  checkL1Fields,
  checkVirtualSize,
  floorToSector,
  refuseL1OnHeader,
} from './header-check.ts';
import { EXTENSION } from './header-extension.ts';

const HEADER = decodeHeader(buildImage().bytes);
const V2 = decodeHeader(buildImage({ version: 2 }).bytes);
const TAIL: HeaderTail = { extensions: [], backingName: new Uint8Array(0) };

/** What a check of the shape says: a code, or that it is accepted. */
function shapeOf(change: Partial<Qcow2Header>, header = HEADER): string {
  return outcome(() => checkHeaderShape({ ...header, ...change }));
}

function headerOf(change: Partial<Qcow2Header>, tail: Partial<HeaderTail> = {}): string {
  return outcome(() => checkHeader({ ...HEADER, ...change }, { ...TAIL, ...tail }));
}

function outcome(check: () => void): string {
  try {
    check();
    return 'accepted';
  } catch (error) {
    return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
  }
}

test('clusters have 2^9 to 2^21 bytes', () => {
  expect([8, 9, 21, 22].map((clusterBits) => shapeOf({ clusterBits, headerLength: 104 }))).toEqual([
    'QCOW2_UNSUPPORTED_FEATURE',
    'accepted',
    'accepted',
    'QCOW2_UNSUPPORTED_FEATURE',
  ]);
});

test('the header length is a multiple of 8, at least the fixed part, at most a cluster', () => {
  const lengths = [96, 104, 108, 112, 512, 520];
  expect(lengths.map((headerLength) => shapeOf({ headerLength }))).toEqual([
    'QCOW2_CORRUPT',
    'accepted',
    'QCOW2_CORRUPT',
    'accepted',
    'accepted',
    'QCOW2_CORRUPT',
  ]);
  expect([64, 72].map((headerLength) => shapeOf({ headerLength }, V2))).toEqual(['QCOW2_CORRUPT', 'accepted']);
});

test('refcounts have at most 64 bits', () => {
  expect([0, 6, 7].map((refcountOrder) => shapeOf({ refcountOrder }))).toEqual([
    'accepted',
    'accepted',
    'QCOW2_CORRUPT',
  ]);
});

test('the backing name has at most 1023 bytes, between the header and the end of cluster 0', () => {
  const names: [number, number][] = [
    [0, 5000],
    [112, 400],
    [112, 401],
    [111, 1],
    [511, 1],
    [512, 1],
  ];
  expect(names.map(([offset, length]) => shapeOf({ backingName: { offset, length } }))).toEqual([
    'accepted',
    'accepted',
    'QCOW2_CORRUPT',
    'QCOW2_CORRUPT',
    'accepted',
    'QCOW2_CORRUPT',
  ]);
  const large = (length: number) => shapeOf({ clusterBits: 16, backingName: { offset: 112, length } });
  expect([large(1023), large(1024)]).toEqual(['accepted', 'QCOW2_CORRUPT']);
});

test('an L1 table has at most 32 MiB, is aligned, and is not on the header', () => {
  const l1 = (entries: number, offset: number) => outcome(() => checkL1Fields(entries, offset, 512));
  expect([l1(4_194_304, 512), l1(4_194_305, 512), l1(1, 520), l1(0, 0)]).toEqual([
    'accepted',
    'QCOW2_TOO_LARGE',
    'QCOW2_CORRUPT',
    'accepted',
  ]);
  const place = (entries: number, offset: number) => outcome(() => refuseL1OnHeader({ entries, offset }));
  expect([place(1, 0), place(0, 0), place(1, 512)]).toEqual(['QCOW2_CORRUPT', 'accepted', 'accepted']);
});

test('the L1 table covers the disk', () => {
  // 512-byte clusters: one L1 entry maps 64 clusters.
  const size = 64 * 512;
  expect(headerOf({ virtualSize: size, l1Entries: 1 })).toBe('accepted');
  expect(headerOf({ virtualSize: size + 511, l1Entries: 1 })).toBe('accepted');
  expect(headerOf({ virtualSize: size + 512, l1Entries: 1 })).toBe('QCOW2_CORRUPT');
});

test('a header names at most 65 536 snapshots', () => {
  expect(headerOf({ snapshotCount: 65_536 })).toBe('accepted');
  expect(headerOf({ snapshotCount: 65_537 })).toBe('QCOW2_TOO_LARGE');
});

test('the compression type and its feature bit go together', () => {
  const bit = { incompatible: featureBits([3]) };
  expect([0, 1].map((compressionType) => headerOf({ compressionType }))).toEqual(['accepted', 'QCOW2_CORRUPT']);
  expect([0, 1, 2].map((compressionType) => headerOf({ compressionType, ...bit }))).toEqual([
    'QCOW2_CORRUPT',
    'accepted',
    'QCOW2_UNSUPPORTED_FEATURE',
  ]);
});

test('LUKS has a pointer of 16 bytes to a header of at most 64 MiB, other encryption has none', () => {
  const pointer = (bytes: number, length: number) => {
    const data = new Uint8Array(bytes);
    if (bytes >= 16) setU64(new DataView(data.buffer), 8, length);
    return { extensions: [{ type: EXTENSION.cryptoHeader, data }] };
  };
  expect([0, 1, 2, 3].map((cryptMethod) => headerOf({ cryptMethod }))).toEqual([
    'accepted',
    'accepted',
    'QCOW2_CORRUPT',
    'QCOW2_UNSUPPORTED_FEATURE',
  ]);
  const luks = (bytes: number, length: number) => headerOf({ cryptMethod: 2 }, pointer(bytes, length));
  expect([luks(16, 2 ** 26), luks(16, 2 ** 26 + 1), luks(15, 0), luks(24, 0)]).toEqual([
    'accepted',
    'QCOW2_TOO_LARGE',
    'QCOW2_CORRUPT',
    'QCOW2_CORRUPT',
  ]);
  expect(headerOf({ cryptMethod: 1 }, pointer(16, 0))).toBe('QCOW2_CORRUPT');
});

test('a raw data file needs a data file and no backing file', () => {
  const raw = { autoclear: featureBits([1]) };
  const data = { incompatible: featureBits([2]) };
  expect(headerOf(raw)).toBe('QCOW2_CORRUPT');
  expect(headerOf({ ...raw, ...data })).toBe('accepted');
  expect(headerOf({ ...raw, ...data, backingName: { offset: 112, length: 1 } })).toBe('QCOW2_CORRUPT');
});

test('extended L2 needs clusters of 16 KiB', () => {
  const extended = { incompatible: featureBits([4]) };
  // Its tables are aligned: only the cluster size is wrong.
  expect(headerOf({ ...extended, clusterBits: 13, l1Offset: 2 ** 13 })).toBe('QCOW2_CORRUPT');
  expect(headerOf({ ...extended, clusterBits: 14, l1Offset: 2 ** 14 })).toBe('accepted');
});

test('incompatible bits 0 to 4 are known', () => {
  const bits = [0, 1, 2, 5, 31, 32, 63];
  expect(bits.map((bit) => headerOf({ incompatible: featureBits([bit]) }) === 'accepted')).toEqual(
    bits.map((bit) => bit <= 4),
  );
});

test('the limit of the caller is the largest size that is accepted', () => {
  expect(outcome(() => checkVirtualSize(1024, 1024))).toBe('accepted');
  expect(outcome(() => checkVirtualSize(1025, 1024))).toBe('QCOW2_TOO_LARGE');
  expect(outcome(() => checkVirtualSize(Number.MAX_SAFE_INTEGER))).toBe('accepted');
});

test('a virtual size is rounded down to whole sectors', () => {
  expect([0, 511, 512, 1023, 2 ** 40 + 1].map(floorToSector)).toEqual([0, 0, 512, 512, 2 ** 40]);
});
