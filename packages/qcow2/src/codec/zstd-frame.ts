/** Start of a zstd frame, little-endian. Source: RFC 8878, section 3.1.1. */
const FRAME_MAGIC = 0xfd2fb528;
/** Start of a skippable frame; its low four bits are free. Source: RFC 8878, section 3.1.2. */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Bytes of the frame content size field by its two flag bits. */
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;
/** Bytes of the dictionary id by its two flag bits. */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
/** Block type with one byte of content, repeated. */
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** What the header of a frame and of its blocks say, before it is decompressed. */
export interface ZstdFrame {
  /** Bytes of the whole frame, checksum included. */
  readonly length: number;
  /** True for a frame without content. */
  readonly isSkippable: boolean;
  /** Bytes that a decoder must keep in reach: what a hostile frame would have us allocate. */
  readonly windowSize: number;
  /** Content bytes as the header names them; undefined when it does not. */
  readonly contentSize: number | undefined;
}

/**
 * Measure the zstd frame that starts at byte `offset`, without decompressing it.
 *
 * A compressed cluster is stored in whole sectors, so the start of the next cluster's frame follows its own: a decoder
 * that is given the span would decode that, too.
 *
 * @returns undefined when no complete frame is there
 */
export function zstdFrame(bytes: Uint8Array, offset: number): ZstdFrame | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset + 8 > bytes.length) return undefined;
  const magic = view.getUint32(offset, true);
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE_MAGIC) {
    const length = 8 + view.getUint32(offset + 4, true);
    return offset + length > bytes.length ? undefined : { length, isSkippable: true, windowSize: 0, contentSize: 0 };
  }
  if (magic !== FRAME_MAGIC) return undefined;
  const header = frameHeader(view, offset + 4);
  if (header === undefined) return undefined;
  const blocksEnd = endOfBlocks(view, header.end);
  if (blocksEnd === undefined) return undefined;
  const length = blocksEnd + (header.hasChecksum ? 4 : 0) - offset;
  if (offset + length > bytes.length) return undefined;
  return { length, isSkippable: false, windowSize: header.windowSize, contentSize: header.contentSize };
}

interface FrameHeader {
  readonly end: number;
  readonly hasChecksum: boolean;
  readonly windowSize: number;
  readonly contentSize: number | undefined;
}

/** The frame header that follows the magic. Source: RFC 8878, section 3.1.1.1. */
function frameHeader(view: DataView, at: number): FrameHeader | undefined {
  const descriptor = view.getUint8(at);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = (descriptor >>> 6) & 3;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  const sizeAt = at + 1 + (isSingleSegment ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0);
  const end = sizeAt + sizeBytes;
  if (end > view.byteLength) return undefined;
  const contentSize = readContentSize(view, sizeAt, sizeBytes);
  const windowSize = isSingleSegment ? (contentSize ?? 0) : windowOf(view.getUint8(at + 1));
  return { end, hasChecksum: (descriptor & 4) !== 0, windowSize, contentSize };
}

function readContentSize(view: DataView, at: number, size: number): number | undefined {
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true) + 256;
  if (size === 4) return view.getUint32(at, true);
  // Rounded above 2^53: it is only compared with limits far below.
  if (size === 8) return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
  return undefined;
}

/** Window size from its descriptor: an exponent and eighths. */
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Walk the block headers from byte `at`. @returns the offset after the last block. Source: RFC 8878, section 3.1.1.2 */
function endOfBlocks(view: DataView, at: number): number | undefined {
  for (let next = at; next + 3 <= view.byteLength; ) {
    const header = view.getUint8(next) + view.getUint8(next + 1) * 0x100 + view.getUint8(next + 2) * 0x1_0000;
    const type = (header >>> 1) & 3;
    if (type === RESERVED_BLOCK) return undefined;
    next += 3 + (type === RLE_BLOCK ? 1 : header >>> 3);
    if ((header & 1) === 1) return next;
  }
  return undefined;
}
