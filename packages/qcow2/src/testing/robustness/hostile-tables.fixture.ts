import { deflateRawSync } from 'node:zlib';
import { headerLayout as f } from '../../format/header.ts';
import { COMPRESSED_HI, COPIED_HI, setCompressedEntry } from '../../format/table-entry.ts';
import { setU64 } from '../set-u64.fixture.ts';
import {
  BITMAP,
  COMPRESSED,
  DATA,
  EXTENDED,
  extensionAt,
  followsData,
  type Row,
  row,
  SNAPSHOT,
  V2,
} from './hostile.fixture.ts';

const ENTRY_ROWS: Row[] = [
  row('L1 entry unaligned', 'read', 'CORRUPT', {
    image: { ...DATA, clusterBits: 12 },
    poke: (v, { at }) => v.setUint32(at.l1 + 4, at.l2 + 512),
  }),
  row('L1 entry past the end', 'read', 'TRUNCATED', {
    poke: (v, { at, bytes }) => v.setUint32(at.l1 + 4, bytes.length),
  }),
  row('L1 entry at 2^55', 'read', 'TRUNCATED', { poke: (v, { at }) => v.setUint32(at.l1, COPIED_HI + 0x80_0000) }),
  row('L1 entry with bit 62', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l1, COPIED_HI + 0x4000_0000) }),
  row('L1 entry with bit 0', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l1 + 4, at.l2 + 1) }),
  row('L2 entry unaligned', 'read', 'CORRUPT', {
    image: { ...DATA, clusterBits: 12 },
    poke: (v, { at }) => v.setUint32(at.l2 + 4, (at.data[0] ?? 0) + 512),
  }),
  row('L2 entry past the end', 'read', 'TRUNCATED', {
    poke: (v, { at, bytes }) => v.setUint32(at.l2 + 4, bytes.length),
  }),
  row('L2 entry at 2^55', 'read', 'TRUNCATED', { poke: (v, { at }) => v.setUint32(at.l2, COPIED_HI + 0x80_0000) }),
  row('L2 entry with bit 61', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l2, COPIED_HI + 0x2000_0000) }),
  row('L2 entry with bit 8', 'read', 'CORRUPT', {
    poke: (v, { at }) => v.setUint32(at.l2 + 4, (at.data[0] ?? 0) + 0x100),
  }),
  row('L2 entry COPIED without a host offset', 'read', 'CORRUPT', { poke: (v, { at }) => v.setUint32(at.l2 + 4, 0) }),
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
  row('subclusters without a host offset', 'read', 'CORRUPT', {
    image: EXTENDED,
    poke: (v, { at }) => setU64(v, at.l2, 0),
  }),
  row('invalid entry in extents', 'extents', 'CORRUPT', {
    poke: (v, { at }) => v.setUint32(at.l2, COPIED_HI + 0x2000_0000),
  }),
];

const COMPRESSED_ROWS: Row[] = [
  row('deflate garbage', 'read', 'BAD_CLUSTER', {
    image: COMPRESSED,
    poke: (v, { at }) => v.setUint8((at.data[0] ?? 0) + 3, 0xff),
  }),
  row('compressed entry with COPIED moved past the end', 'read', 'TRUNCATED', {
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
  row('snapshot table past the end', 'snapshots', 'TRUNCATED', {
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
  row('snapshot name past the end', 'snapshots', 'TRUNCATED', {
    image: SNAPSHOT,
    poke: (v, { at }) => v.setUint16(at.snapshots + 14, 0xffff),
  }),
  row('snapshot L1 past the end', 'snapshot', 'TRUNCATED', {
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
  row('bitmap directory past the end', 'bitmaps', 'TRUNCATED', {
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
  row('bitmap table of 2^32 - 1 entries', 'bitmaps', 'TOO_LARGE', {
    image: BITMAP,
    poke: (v, { at }) => v.setUint32(at.bitmapDirectory + 8, 0xffff_ffff),
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

function put(view: DataView, at: number, bytes: Uint8Array): void {
  new Uint8Array(view.buffer).set(bytes, at);
}

/** Images whose tables or compressed clusters are hostile. */
export const HOSTILE_TABLES: readonly Row[] = [...ENTRY_ROWS, ...COMPRESSED_ROWS, ...SIDE_ROWS];
