import type { ChunkReader } from './chunk-reader.ts';
import { Qcow2Error } from './errors.ts';
import { decodeHeader, decodeHeaderTail, HEADER_SIZE_V3_COMPRESSION, type Qcow2Header } from './header.ts';
import { checkHeader, checkHeaderShape, checkVirtualSize, refuseL1OnHeader } from './header-check.ts';
import { type ImageInfo, imageInfo } from './image-info.ts';
import { cannotStream } from './stream-clusters.ts';

/** What the header of a stream says, in bytes. */
export interface StreamHeader {
  readonly virtualSize: number;
  readonly clusterSize: number;
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
