import { Qcow2Error } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import { corruptField } from './corrupt-field.ts';
import { AUTOCLEAR, type FeatureBits, featureNumbers, hasFeature, INCOMPATIBLE } from './features.ts';
import { viewOf } from './field.ts';
import { geometryOf, l1EntriesFor, MAX_CLUSTER_BITS, MIN_CLUSTER_BITS, MIN_EXTENDED_CLUSTER_BITS } from './geometry.ts';
import { COMPRESSION, CRYPT, HEADER_SIZE_V2, HEADER_SIZE_V3, type HeaderTail, type Qcow2Header } from './header.ts';
import {
  CRYPTO_HEADER_SIZE,
  cryptoHeaderLayout,
  decodeFeatureNames,
  EXTENSION,
  findExtension,
} from './header-extension.ts';

/**
 * Judge the fields that everything else builds on: cluster size, header length, offset of the backing name.
 *
 * @throws Qcow2Error QCOW2_UNSUPPORTED_FEATURE, QCOW2_CORRUPT
 */
export function checkHeaderShape(header: Qcow2Header): void {
  const { clusterBits, headerLength, version, refcountOrder } = header;
  // Before any use of the cluster size: 2 ** clusterBits of a hostile image may be Infinity.
  if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
    const message = `cluster_bits ${clusterBits} is not supported, ${MIN_CLUSTER_BITS} to ${MAX_CLUSTER_BITS} are`;
    throw new Qcow2Error('QCOW2_UNSUPPORTED_FEATURE', message, {
      detail: { field: 'cluster_bits', value: clusterBits },
    });
  }
  const clusterSize = 2 ** clusterBits;
  const least = version === 2 ? HEADER_SIZE_V2 : HEADER_SIZE_V3;
  if (headerLength < least || headerLength > clusterSize || headerLength % 8 !== 0) {
    throw corruptField('header_length', headerLength, `is not a multiple of 8 from ${least} to ${clusterSize}`);
  }
  if (refcountOrder > 6) throw corruptField('refcount_order', refcountOrder, 'is above 6');
  const { offset, length } = header.backingName;
  if (offset === 0) return;
  if (length > LIMITS.backingName) throw corruptField('backing_file_size', length, `is above ${LIMITS.backingName}`);
  if (offset < headerLength || offset + length > clusterSize) {
    throw corruptField(
      'backing_file_offset',
      offset,
      `with ${length} bytes is not between the header and cluster 0's end`,
    );
  }
}

/**
 * Judge features, compression, encryption and the active L1 table's fields. The L1 table's offset is compared with
 * the file when it is read.
 *
 * @param header its shape is checked
 * @throws Qcow2Error QCOW2_UNSUPPORTED_FEATURE, QCOW2_CORRUPT, QCOW2_TOO_LARGE
 */
export function checkHeader(header: Qcow2Header, tail: HeaderTail): void {
  checkIncompatible(header.incompatible, tail);
  checkCompression(header);
  checkEncryption(header, tail);
  checkDataFile(header);
  const geometry = geometryOf({ clusterBits: header.clusterBits, extendedL2: usesExtendedL2(header) });
  if (geometry.extendedL2 && header.clusterBits < MIN_EXTENDED_CLUSTER_BITS) {
    throw corruptField(
      'cluster_bits',
      header.clusterBits,
      `is below ${MIN_EXTENDED_CLUSTER_BITS} with extended L2 entries`,
    );
  }
  checkL1Fields(header.l1Entries, header.l1Offset, geometry.clusterSize);
  const needed = l1EntriesFor(geometry, floorToSector(header.virtualSize));
  if (header.l1Entries < needed) {
    throw corruptField('l1_size', header.l1Entries, `is below the ${needed} that size ${header.virtualSize} needs`);
  }
  if (header.snapshotCount > LIMITS.snapshots) {
    throw tooLarge('nb_snapshots', header.snapshotCount, LIMITS.snapshots);
  }
}

/** Judge an L1 table's fields, the active one's or a snapshot's. @throws Qcow2Error QCOW2_TOO_LARGE, QCOW2_CORRUPT */
export function checkL1Fields(l1Entries: number, l1Offset: number, clusterSize: number): void {
  if (l1Entries * 8 > LIMITS.l1Table) throw tooLarge('l1_size', l1Entries, LIMITS.l1Table / 8);
  if (l1Offset % clusterSize !== 0)
    throw corruptField('l1_table_offset', l1Offset, `is not a multiple of ${clusterSize}`);
}

/** Refuse an L1 table that would start in the header. @throws Qcow2Error QCOW2_CORRUPT */
export function refuseL1OnHeader({ entries, offset }: { readonly entries: number; readonly offset: number }): void {
  if (entries > 0 && offset === 0) throw corruptField('l1_table_offset', offset, 'is on the header');
}

/** Compare a disk's size with the caller's limit. @throws Qcow2Error QCOW2_TOO_LARGE */
export function checkVirtualSize(size: number, limit = Number.MAX_SAFE_INTEGER): void {
  if (size <= limit) return;
  const message = `virtual size ${size} is above the limit ${limit}`;
  throw new Qcow2Error('QCOW2_TOO_LARGE', message, { detail: { field: 'size', value: size, limit } });
}

/** QEMU's own rounding: a virtual size that is not a multiple of 512 ends at the last whole sector. */
export function floorToSector(size: number): number {
  return size - (size % 512);
}

/** Whether L2 entries are 16 bytes long and describe subclusters. */
export function usesExtendedL2(header: Qcow2Header): boolean {
  return hasFeature(header.incompatible, INCOMPATIBLE.extendedL2);
}

/** Whether the guest data is in another file. */
export function usesDataFile(header: Qcow2Header): boolean {
  return hasFeature(header.incompatible, INCOMPATIBLE.dataFile);
}

function checkIncompatible(bits: FeatureBits, tail: HeaderTail): void {
  const known: readonly number[] = Object.values(INCOMPATIBLE);
  const unknown = featureNumbers(bits).find((bit) => !known.includes(bit));
  if (unknown === undefined) return;
  const names = decodeFeatureNames(findExtension(tail.extensions, EXTENSION.featureNames) ?? new Uint8Array(0));
  const name = names.find(({ kind, bit }) => kind === 'incompatible' && bit === unknown)?.name;
  const message = `incompatible feature ${unknown} (${name === undefined ? 'unnamed' : JSON.stringify(name)}) is not supported`;
  throw new Qcow2Error('QCOW2_UNSUPPORTED_FEATURE', message, {
    detail: { field: 'incompatible_features', bit: unknown },
  });
}

function checkCompression({ compressionType, incompatible }: Qcow2Header): void {
  if (compressionType > COMPRESSION.zstd) {
    const message = `compression type ${compressionType} is not supported, 0 (zlib) and 1 (zstd) are`;
    throw new Qcow2Error('QCOW2_UNSUPPORTED_FEATURE', message, {
      detail: { field: 'compression_type', value: compressionType },
    });
  }
  if ((compressionType !== COMPRESSION.deflate) !== hasFeature(incompatible, INCOMPATIBLE.compressionType)) {
    const bit = INCOMPATIBLE.compressionType;
    throw corruptField('compression_type', compressionType, `disagrees with incompatible feature ${bit}`);
  }
}

function checkEncryption({ cryptMethod }: Qcow2Header, { extensions }: HeaderTail): void {
  if (cryptMethod > CRYPT.luks) {
    const message = `crypt_method ${cryptMethod} is not supported`;
    throw new Qcow2Error('QCOW2_UNSUPPORTED_FEATURE', message, {
      detail: { field: 'crypt_method', value: cryptMethod },
    });
  }
  const pointer = findExtension(extensions, EXTENSION.cryptoHeader);
  if ((cryptMethod === CRYPT.luks) !== (pointer !== undefined)) {
    const what = pointer === undefined ? 'has no crypto header extension' : 'comes with a crypto header extension';
    throw corruptField('crypt_method', cryptMethod, what);
  }
  if (pointer !== undefined && pointer.length !== CRYPTO_HEADER_SIZE) {
    throw corruptField('crypto header extension', pointer.length, `is not ${CRYPTO_HEADER_SIZE} bytes long`);
  }
  // A check counts its clusters one by one.
  const length = pointer === undefined ? 0 : cryptoHeaderLayout.length.get(viewOf(pointer), 0);
  if (length > LIMITS.cryptoHeader) throw tooLarge('crypto header length', length, LIMITS.cryptoHeader);
}

function checkDataFile(header: Qcow2Header): void {
  if (!hasFeature(header.autoclear, AUTOCLEAR.rawDataFile)) return;
  if (!usesDataFile(header))
    throw corruptField(
      'autoclear_features',
      header.autoclear.lo,
      'has the bit for a raw data file, but no data file exists',
    );
  if (header.backingName.offset > 0) {
    throw corruptField('backing_file_offset', header.backingName.offset, 'is not zero beside a raw data file');
  }
}

function tooLarge(field: string, value: number, limit: number): Qcow2Error {
  return new Qcow2Error('QCOW2_TOO_LARGE', `${field} ${value} is above the limit ${limit}`, {
    detail: { field, value, limit },
  });
}
