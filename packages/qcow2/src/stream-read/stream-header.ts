import { isQcow2Error, Qcow2Error } from '../base/errors.ts';
import { decodeHeader, decodeHeaderTail, HEADER_SIZE_V3_COMPRESSION, type Qcow2Header } from '../format/header.ts';
import {
  checkHeader,
  checkHeaderShape,
  checkVirtualSize,
  refuseL1OnHeader,
  usesExtendedL2,
} from '../format/header-check.ts';
import { type ImageInfo, imageInfo } from '../format/image-info.ts';
import type { ChunkReader } from '../io/chunk-reader.ts';
import { cannotStream } from './stream-errors.ts';

/** Sizes from the header of a stream, in bytes. */
export interface StreamHeader {
  readonly virtualSize: number;
  readonly clusterSize: number;
}

/** Bytes at the front of an image by which `needsFile` judges it. */
export const STREAM_HEAD_SIZE = HEADER_SIZE_V3_COMPRESSION;

/**
 * Whether an image that comes through a pipe is not for `readStreamed`, but must be kept in a file first: one with
 * extended L2 entries. False also for an image that is refused as a file, too: the reader reports why.
 *
 * @param head the first `STREAM_HEAD_SIZE` bytes, or as many as the image has
 */
export function needsFile(head: Uint8Array): boolean {
  try {
    return usesExtendedL2(decodeHeader(head));
  } catch (error) {
    if (isQcow2Error(error)) return false;
    throw error;
  }
}

/**
 * Read the first cluster of a stream and judge it.
 *
 * @returns the header, its virtual size in whole sectors, and the cluster
 * @throws Qcow2Error as `readStreamed`
 */
export async function readStreamHeader(
  stream: ChunkReader,
  { maxVirtualSize }: { readonly maxVirtualSize?: number },
): Promise<{ readonly header: Qcow2Header; readonly first: Uint8Array }> {
  const start = new Uint8Array(HEADER_SIZE_V3_COMPRESSION);
  const length = await stream.fill(start);
  const header = decodeHeader(start.subarray(0, length));
  checkHeaderShape(header);
  const first = new Uint8Array(2 ** header.clusterBits);
  first.set(start);
  if (length === start.length) await stream.fill(first.subarray(length));
  const tail = decodeHeaderTail(first, header);
  checkHeader(header, tail);
  refuseL1OnHeader({ entries: header.l1Entries, offset: header.l1Offset });
  const info = imageInfo(header, tail);
  refuseUnstreamable(info);
  const { virtualSize } = info;
  checkVirtualSize(virtualSize, maxVirtualSize);
  return { header: { ...header, virtualSize }, first };
}

function refuseUnstreamable({ encryption, hasDataFile, backingName, hasExtendedL2 }: ImageInfo): void {
  if (encryption !== undefined) {
    throw new Qcow2Error('QCOW2_ENCRYPTED', `the image is encrypted (${encryption === 'aes' ? 'AES' : 'LUKS'})`);
  }
  if (hasDataFile) throw cannotStream('its data is in another file');
  if (backingName !== undefined) throw cannotStream('it has a backing file');
  if (hasExtendedL2) throw cannotStream('it has extended L2 entries');
}
