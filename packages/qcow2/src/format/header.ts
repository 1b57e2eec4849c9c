import { Qcow2Error } from '../base/errors.ts';
import { type FeatureBits, NO_FEATURES } from './features.ts';
import { type Field, u8, u32, u64, viewOf } from './field.ts';
import { decodeExtensions, encodeExtensions, extensionSize, type HeaderExtension } from './header-extension.ts';

/**
 * The header, keyed by the names of qcow2.rst, "Header". Feature words are two fields each, because their bits reach
 * beyond 2^53. In version 2 everything from byte 72 on is header extensions, not these fields.
 *
 * These offsets are written only in this table.
 */
export const headerLayout = {
  magic: u32(0),
  version: u32(4),
  backing_file_offset: u64(8),
  backing_file_size: u32(16),
  cluster_bits: u32(20),
  size: u64(24),
  crypt_method: u32(32),
  l1_size: u32(36),
  l1_table_offset: u64(40),
  refcount_table_offset: u64(48),
  refcount_table_clusters: u32(56),
  nb_snapshots: u32(60),
  snapshots_offset: u64(64),
  incompatible_features_hi: u32(72),
  incompatible_features_lo: u32(76),
  compatible_features_hi: u32(80),
  compatible_features_lo: u32(84),
  autoclear_features_hi: u32(88),
  autoclear_features_lo: u32(92),
  refcount_order: u32(96),
  header_length: u32(100),
  compression_type: u8(104),
} as const satisfies Record<string, Field>;

/** The first four bytes of an image: 'Q' 'F' 'I' 0xfb. */
const MAGIC = 0x5146_49fb;
/** Length of a version 2 header, and the least length of a version 3 one. */
export const HEADER_SIZE_V2 = 72;
export const HEADER_SIZE_V3 = 104;
/** Length of the version 3 header that QEMU writes today: with the compression type and its padding. */
export const HEADER_SIZE_V3_COMPRESSION = 112;
/** refcount_order of every version 2 image: 16 bits. */
export const REFCOUNT_ORDER_V2 = 4;
/** Values of `crypt_method`. */
export const CRYPT = { none: 0, aes: 1, luks: 2 } as const;
/** Values of `compression_type`. */
export const COMPRESSION = { deflate: 0, zstd: 1 } as const;

/** A decoded header. Offsets and sizes are bytes unless the name has another unit. */
export interface Qcow2Header {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly virtualSize: number;
  /** A value of `CRYPT`, when checked. */
  readonly cryptMethod: number;
  readonly l1Entries: number;
  readonly l1Offset: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
  readonly snapshotCount: number;
  readonly snapshotsOffset: number;
  readonly incompatible: FeatureBits;
  readonly compatible: FeatureBits;
  readonly autoclear: FeatureBits;
  readonly refcountOrder: number;
  readonly headerLength: number;
  /** A value of `COMPRESSION`, when checked. */
  readonly compressionType: number;
  /** The bytes of cluster 0 that hold the backing file's name; offset 0: no backing file. */
  readonly backingName: { readonly offset: number; readonly length: number };
}

/** Whether a file that begins with `bytes` is a QCOW2 image, by its magic number. Fewer than four bytes never are one. */
export function isQcow2(bytes: Uint8Array): boolean {
  return bytes.length >= headerLayout.magic.size && headerLayout.magic.get(viewOf(bytes), 0) === MAGIC;
}

/**
 * Decode the fields of a header; `checkHeader` judges them.
 *
 * @param bytes the start of the image: 112 bytes, or as many as it has
 * @throws Qcow2Error QCOW2_BAD_MAGIC, QCOW2_TRUNCATED, QCOW2_UNSUPPORTED_VERSION, and QCOW2_TOO_LARGE for an offset
 * or size above 2^53 - 1
 */
export function decodeHeader(bytes: Uint8Array): Qcow2Header {
  const view = viewOf(bytes);
  const f = headerLayout;
  if (!isQcow2(bytes)) {
    throw new Qcow2Error('QCOW2_BAD_MAGIC', 'not a qcow2 image: it does not begin with 51 46 49 fb');
  }
  const version = bytes.length < 8 ? 0 : f.version.get(view, 0);
  const least = version === 3 ? HEADER_SIZE_V3 : version === 2 ? HEADER_SIZE_V2 : 8;
  if (bytes.length < least) {
    const message = `header is ${least} bytes long, the image ends at byte ${bytes.length}`;
    throw new Qcow2Error('QCOW2_TRUNCATED', message, { detail: { hostOffset: bytes.length, length: least } });
  }
  if (version !== 2 && version !== 3) {
    const hint = version === 1 ? ' (the older qcow format)' : '';
    throw new Qcow2Error('QCOW2_UNSUPPORTED_VERSION', `version ${version} is not supported${hint}`, {
      detail: { value: version },
    });
  }
  return {
    version,
    clusterBits: f.cluster_bits.get(view, 0),
    virtualSize: f.size.get(view, 0),
    cryptMethod: f.crypt_method.get(view, 0),
    l1Entries: f.l1_size.get(view, 0),
    l1Offset: f.l1_table_offset.get(view, 0),
    refcountTableOffset: f.refcount_table_offset.get(view, 0),
    refcountTableClusters: f.refcount_table_clusters.get(view, 0),
    snapshotCount: f.nb_snapshots.get(view, 0),
    snapshotsOffset: f.snapshots_offset.get(view, 0),
    backingName: { offset: f.backing_file_offset.get(view, 0), length: f.backing_file_size.get(view, 0) },
    ...(version === 3 ? decodeVersion3(view) : VERSION_2),
  };
}

/** What a version 2 header implies. */
const VERSION_2 = {
  incompatible: NO_FEATURES,
  compatible: NO_FEATURES,
  autoclear: NO_FEATURES,
  refcountOrder: REFCOUNT_ORDER_V2,
  headerLength: HEADER_SIZE_V2,
  compressionType: COMPRESSION.deflate,
} as const;

function decodeVersion3(view: DataView) {
  const f = headerLayout;
  const headerLength = f.header_length.get(view, 0);
  const hasType = headerLength > HEADER_SIZE_V3 && view.byteLength > HEADER_SIZE_V3;
  return {
    incompatible: { hi: f.incompatible_features_hi.get(view, 0), lo: f.incompatible_features_lo.get(view, 0) },
    compatible: { hi: f.compatible_features_hi.get(view, 0), lo: f.compatible_features_lo.get(view, 0) },
    autoclear: { hi: f.autoclear_features_hi.get(view, 0), lo: f.autoclear_features_lo.get(view, 0) },
    refcountOrder: f.refcount_order.get(view, 0),
    headerLength,
    compressionType: hasType ? f.compression_type.get(view, 0) : COMPRESSION.deflate,
  };
}

/** What cluster 0 holds besides the header's fields. */
export interface HeaderTail {
  readonly extensions: readonly HeaderExtension[];
  /** Bytes of the backing file's name; empty: none. No encoding is promised, no terminator follows. */
  readonly backingName: Uint8Array;
}

/**
 * Decode the extensions and the backing file's name.
 *
 * @param cluster cluster 0, or as much of it as the image has; borrowed, the result holds copies
 * @param header checked, so that its lengths and the name are within the cluster
 * @throws Qcow2Error QCOW2_CORRUPT as `decodeExtensions`; QCOW2_TRUNCATED when the name is past the image's end
 */
export function decodeHeaderTail(cluster: Uint8Array, header: Qcow2Header): HeaderTail {
  const { offset, length } = header.backingName;
  if (offset > 0 && offset + length > cluster.length) {
    const message = `backing file name at byte ${offset} is beyond the image's end at ${cluster.length}`;
    throw new Qcow2Error('QCOW2_TRUNCATED', message, {
      detail: { field: 'backing_file_offset', hostOffset: offset, length },
    });
  }
  const end = offset > 0 ? offset : cluster.length;
  return {
    extensions: decodeExtensions(cluster, header.headerLength, end),
    backingName: offset > 0 ? cluster.slice(offset, offset + length) : new Uint8Array(0),
  };
}

/** Bytes that a header takes in cluster 0, with its extensions, the end mark and the backing file's name. */
export function encodedHeaderSize(headerLength: number, tail: Partial<HeaderTail> = {}): number {
  const extensions = (tail.extensions ?? []).reduce((sum, { data }) => sum + extensionSize(data.length), 0);
  return headerLength + extensions + extensionSize(0) + (tail.backingName?.length ?? 0);
}

/**
 * Encode cluster 0. The offset of the backing file's name follows from `tail`.
 *
 * @returns one whole cluster, zero padded, owned by the caller
 * @throws Qcow2Error QCOW2_TOO_LARGE when header, extensions and name exceed one cluster
 */
export function encodeHeader(header: Omit<Qcow2Header, 'backingName'>, tail: Partial<HeaderTail> = {}): Uint8Array {
  const { extensions = [], backingName = new Uint8Array(0) } = tail;
  const clusterSize = 2 ** header.clusterBits;
  const size = encodedHeaderSize(header.headerLength, tail);
  if (size > clusterSize) {
    const message = `header needs ${size} bytes, a cluster has ${clusterSize}`;
    throw new Qcow2Error('QCOW2_TOO_LARGE', message, {
      detail: { field: 'header_length', value: size, limit: clusterSize },
    });
  }
  const cluster = new Uint8Array(clusterSize);
  const view = viewOf(cluster);
  encodeFields(view, header);
  const nameOffset = encodeExtensions(cluster, header.headerLength, extensions);
  if (backingName.length > 0) {
    headerLayout.backing_file_offset.set(view, 0, nameOffset);
    headerLayout.backing_file_size.set(view, 0, backingName.length);
    cluster.set(backingName, nameOffset);
  }
  return cluster;
}

function encodeFields(view: DataView, header: Omit<Qcow2Header, 'backingName'>): void {
  const f = headerLayout;
  f.magic.set(view, 0, MAGIC);
  f.version.set(view, 0, header.version);
  f.cluster_bits.set(view, 0, header.clusterBits);
  f.size.set(view, 0, header.virtualSize);
  f.crypt_method.set(view, 0, header.cryptMethod);
  f.l1_size.set(view, 0, header.l1Entries);
  f.l1_table_offset.set(view, 0, header.l1Offset);
  f.refcount_table_offset.set(view, 0, header.refcountTableOffset);
  f.refcount_table_clusters.set(view, 0, header.refcountTableClusters);
  f.nb_snapshots.set(view, 0, header.snapshotCount);
  f.snapshots_offset.set(view, 0, header.snapshotsOffset);
  if (header.version === 2) return;
  f.incompatible_features_hi.set(view, 0, header.incompatible.hi);
  f.incompatible_features_lo.set(view, 0, header.incompatible.lo);
  f.compatible_features_hi.set(view, 0, header.compatible.hi);
  f.compatible_features_lo.set(view, 0, header.compatible.lo);
  f.autoclear_features_hi.set(view, 0, header.autoclear.hi);
  f.autoclear_features_lo.set(view, 0, header.autoclear.lo);
  f.refcount_order.set(view, 0, header.refcountOrder);
  f.header_length.set(view, 0, header.headerLength);
  if (header.headerLength > HEADER_SIZE_V3) f.compression_type.set(view, 0, header.compressionType);
}
