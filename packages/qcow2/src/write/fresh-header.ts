import type { CompressionType } from '../codec/codec.ts';
import { featureBits, INCOMPATIBLE, NO_FEATURES } from '../format/features.ts';
import {
  COMPRESSION,
  CRYPT,
  encodedHeaderSize,
  encodeHeader,
  HEADER_SIZE_V2,
  HEADER_SIZE_V3,
  HEADER_SIZE_V3_COMPRESSION,
} from '../format/header.ts';
import { EXTENSION_HEADER_SIZE, type HeaderExtension } from '../format/header-extension.ts';
import type { Output } from '../io/output.ts';
import { type FrontLayout, REFCOUNT_ORDER } from './front-layout.ts';
import type { Qcow2Version } from './image-plan.ts';

/** What the header of a new image contains besides its layout. */
export interface FreshHeader {
  readonly version: Qcow2Version;
  readonly clusterBits: number;
  readonly virtualSize: number;
  /** The type of the compressed clusters, if there may be any. */
  readonly compression?: CompressionType;
  /** Extensions of the caller, for instance from `encodeProvenance`. */
  readonly extensions?: readonly HeaderExtension[];
}

/** Where the tables are that a header names. */
export type TablePlaces = Pick<FrontLayout, 'l1Entries' | 'l1Offset' | 'refcountTableOffset' | 'refcountTableClusters'>;

/**
 * Encode the header cluster of a new image. A version 3 header has its shortest form unless a compression type must
 * be named, which zlib, being the default, need not be.
 *
 * @returns one whole cluster, owned by the caller
 * @throws Qcow2Error QCOW2_TOO_LARGE when the extensions do not fit cluster 0
 * @throws RangeError for zstd in a version 2 image, which has no field for it
 */
export function encodeFreshHeader(fresh: FreshHeader, places: TablePlaces): Uint8Array {
  const { version, clusterBits, virtualSize, extensions = [] } = fresh;
  const isZstd = fresh.compression === 'zstd';
  if (isZstd && version === 2) throw new RangeError('zstd needs version 3');
  return encodeHeader(
    {
      version,
      clusterBits,
      virtualSize,
      cryptMethod: CRYPT.none,
      l1Entries: places.l1Entries,
      l1Offset: places.l1Offset,
      refcountTableOffset: places.refcountTableOffset,
      refcountTableClusters: places.refcountTableClusters,
      snapshotCount: 0,
      snapshotsOffset: 0,
      // The bit and a type other than deflate go together, or QEMU refuses the image.
      incompatible: isZstd ? featureBits([INCOMPATIBLE.compressionType]) : NO_FEATURES,
      compatible: NO_FEATURES,
      autoclear: NO_FEATURES,
      refcountOrder: REFCOUNT_ORDER,
      headerLength: headerLength(fresh),
      compressionType: isZstd ? COMPRESSION.zstd : COMPRESSION.deflate,
    },
    { extensions },
  );
}

/** Bytes that one more extension's data may have in cluster 0: what `encodeProvenance` asks for. */
export function extensionRoom(fresh: FreshHeader): number {
  const used = encodedHeaderSize(headerLength(fresh), { extensions: fresh.extensions ?? [] });
  return 2 ** fresh.clusterBits - used - EXTENSION_HEADER_SIZE;
}

function headerLength({ version, compression }: FreshHeader): number {
  if (version === 2) return HEADER_SIZE_V2;
  return compression === 'zstd' ? HEADER_SIZE_V3_COMPRESSION : HEADER_SIZE_V3;
}

/** Bytes at the front of an image that hold its magic number. */
const FRONT_BYTES = 512;

/**
 * Overwrite the header of an image that `output` may hold. A writer that writes its own header last calls this first:
 * otherwise the header of an older image on a device would make an image of what an interrupted run leaves.
 */
export async function clearHeader(output: Output): Promise<void> {
  await output.writeAt(new Uint8Array(FRONT_BYTES), 0);
}
