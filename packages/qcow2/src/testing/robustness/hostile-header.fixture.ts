import { headerLayout as f } from '../../format/header.ts';
import { EXTENSION, stringExtension } from '../../format/header-extension.ts';
import { setU64 } from '../set-u64.fixture.ts';
import {
  BACKED,
  DATA,
  EXTENDED,
  extensionAt,
  followsBase,
  followsData,
  type Row,
  row,
  V2,
  ZSTD,
} from './hostile.fixture.ts';

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
  row('a crypto header of 2^44 bytes', 'open', 'TOO_LARGE', {
    image: { ...DATA, crypt: 2, extensions: [{ type: EXTENSION.cryptoHeader, data: new Uint8Array(16) }] },
    poke: (v) => setU64(v, extensionAt + 16, 2 ** 44),
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
  row('L1 past the end', 'open', 'TRUNCATED', { poke: (v, { bytes }) => setU64(v, 40, bytes.length) }),
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

/** Images with hostile bytes in cluster 0: in the header, the extensions or the backing name. */
export const HOSTILE_HEADERS: readonly Row[] = [...HEADER_ROWS, ...PLACE_ROWS, ...CHAIN_ROWS];
