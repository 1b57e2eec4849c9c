import type { Steps } from '../base/steps.ts';
import { geometryOf } from '../format/geometry.ts';
import { decodeHeader, decodeHeaderTail, HEADER_SIZE_V3_COMPRESSION } from '../format/header.ts';
import {
  checkHeader,
  checkHeaderShape,
  checkL1Fields,
  refuseL1OnHeader,
  usesDataFile,
  usesExtendedL2,
} from '../format/header-check.ts';
import { type ImageInfo, imageInfo } from '../format/image-info.ts';
import { type AnySource, checkEnd, type HostFile, readFront } from '../io/host-file.ts';
import type { OpenOptions } from '../io/open-options.ts';
import { type GuestMap, guestMap, type TableCache } from './guest-map.ts';

/** One QCOW2 image of a chain. */
export interface Qcow2Layer {
  readonly kind: 'qcow2';
  readonly info: ImageInfo;
  /** Bytes of its virtual disk. */
  readonly size: number;
  readonly file: HostFile;
  /** The file with the guest data: `file`, or the data file; undefined: a data file that was not opened. */
  readonly dataFile: HostFile | undefined;
  readonly map: GuestMap;
}

/** The raw end of a chain. */
export interface RawLayer {
  readonly kind: 'raw';
  /** Bytes of the file, rounded up to whole sectors of 512 as in QEMU. */
  readonly size: number;
  readonly file: HostFile;
}

export type Layer = Qcow2Layer | RawLayer;

/** Judgements about bytes that the caller decides. */
export type Strictness = Pick<OpenOptions, 'truncated' | 'reserved'>;

/**
 * Read and judge the header of an image.
 *
 * @throws Qcow2Error for every fault of the header
 */
export function* readInfo(source: AnySource): Steps<ImageInfo> {
  const front = yield* readFront(source, HEADER_SIZE_V3_COMPRESSION);
  const header = decodeHeader(front);
  checkHeaderShape(header);
  const cluster = yield* readFront(source, 2 ** header.clusterBits);
  const tail = decodeHeaderTail(cluster, header);
  checkHeader(header, tail);
  return imageInfo(header, tail);
}

/** A file of a chain, with its end judged as the options say. */
export function hostFile(source: AnySource, name: string, { truncated = 'error' }: Strictness): HostFile {
  return { source, name, truncated };
}

/**
 * The mapping that starts at an L1 table of an image: its active one or a snapshot's.
 *
 * @throws Qcow2Error QCOW2_TRUNCATED when the table is outside the file, QCOW2_CORRUPT, QCOW2_TOO_LARGE
 */
export function mapOf(
  { info, file }: Pick<Qcow2Layer, 'info' | 'file'>,
  l1: { readonly offset: number; readonly entries: number },
  { cache, cacheKey, reserved = 'error' }: Strictness & { cache: TableCache; cacheKey: string },
): GuestMap {
  const { header } = info;
  const geometry = geometryOf({ clusterBits: header.clusterBits, extendedL2: usesExtendedL2(header) });
  checkL1Fields(l1.entries, l1.offset, geometry.clusterSize);
  checkEnd(file, l1.offset, l1.entries * 8, { what: 'L1 table' });
  refuseL1OnHeader(l1);
  const rules = { geometry, version: header.version, hasDataFile: usesDataFile(header), reserved };
  return guestMap({ file, l1, rules, cache, cacheKey });
}
