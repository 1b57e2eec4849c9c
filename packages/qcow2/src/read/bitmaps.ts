import { Qcow2Error } from '../base/errors.ts';
import type { Steps } from '../base/steps.ts';
import { type Field, getU64, u8, u16, u32, u64, viewOf } from '../format/be.ts';
import { AUTOCLEAR, hasFeature } from '../format/features.ts';
import { LIMITS } from '../format/header-check.ts';
import { EXTENSION, findExtension } from '../format/header-extension.ts';
import { decodeText, type ImageInfo } from '../format/image-info.ts';
import type { HostFile } from '../io/host-file.ts';
import { tableWindow } from '../io/table-window.ts';

/** The fixed part of a bitmap directory entry. Source: qcow2.rst, "Bitmap directory". */
export const bitmapLayout = {
  bitmap_table_offset: u64(0),
  bitmap_table_size: u32(8),
  flags: u32(12),
  type: u8(16),
  granularity_bits: u8(17),
  name_size: u16(18),
  extra_data_size: u32(20),
} as const satisfies Record<string, Field>;

const FIXED_SIZE = 24;
/** Bytes of the extension: count, reserved, directory's size and offset. */
const EXTENSION_SIZE = 24;
const MAX_NAME = 1023;
/** Values of `flags`. */
const FLAG_IN_USE = 1;
const FLAG_AUTO = 2;

/** One persistent bitmap: which parts of the disk were written since somebody looked. */
export interface BitmapInfo {
  readonly name: string;
  /** Guest bytes that one bit tells of. */
  readonly granularity: number;
  /** Somebody had it open and did not save it: its bits mean nothing. */
  readonly isInUse: boolean;
  /** It records every write. */
  readonly isAuto: boolean;
  readonly tableOffset: number;
  readonly tableEntries: number;
}

/** The bitmaps, and where their directory lies. */
export interface BitmapDirectory {
  readonly bitmaps: readonly BitmapInfo[];
  readonly offset: number;
  readonly length: number;
}

/**
 * The bitmaps of an image; none when it has no such extension, or some writer that knows none has changed it since.
 *
 * @throws Qcow2Error QCOW2_TRUNCATED when the directory lies outside the file, QCOW2_CORRUPT, QCOW2_TOO_LARGE
 */
export function* readBitmaps(file: HostFile, { header, extensions }: ImageInfo): Steps<BitmapDirectory> {
  const data = findExtension(extensions, EXTENSION.bitmaps);
  if (data === undefined || !hasFeature(header.autoclear, AUTOCLEAR.bitmaps))
    return { bitmaps: [], offset: 0, length: 0 };
  if (data.length !== EXTENSION_SIZE)
    throw corrupt('bitmaps extension', data.length, `is not ${EXTENSION_SIZE} bytes long`);
  const view = viewOf(data);
  const count = view.getUint32(0);
  const length = getU64(view, 8);
  const offset = getU64(view, 16);
  if (count === 0 || count > LIMITS.bitmaps || length > LIMITS.bitmapDirectory) {
    const message = `bitmap directory of ${count} entries and ${length} bytes is outside the limits`;
    throw new Qcow2Error('QCOW2_TOO_LARGE', message, {
      detail: {
        field: 'bitmaps extension',
        value: count,
        limit: LIMITS.bitmaps,
      },
    });
  }
  if (offset === 0 || offset % 2 ** header.clusterBits !== 0)
    throw corrupt('bitmap directory offset', offset, 'is not aligned');
  const window = tableWindow(file, offset, 'bitmap directory');
  const bitmaps: BitmapInfo[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const fixed = viewOf(yield* window(at, FIXED_SIZE));
    const nameSize = bitmapLayout.name_size.get(fixed, 0);
    const entryLength = FIXED_SIZE + bitmapLayout.extra_data_size.get(fixed, 0) + nameSize;
    // Before the entry is read: its lengths are the image's.
    if (at + entryLength > length) throw corrupt('bitmap directory size', length, `ends inside entry ${index}`);
    bitmaps.push(checkedBitmap(yield* window(at, entryLength), index, 2 ** header.clusterBits));
    at += Math.ceil(entryLength / 8) * 8;
  }
  return { bitmaps, offset, length };
}

function checkedBitmap(entry: Uint8Array, index: number, clusterSize: number): BitmapInfo {
  const bitmap = decodeBitmap(entry, index);
  const bytes = bitmap.tableEntries * clusterSize;
  if (bytes <= LIMITS.bitmap) return bitmap;
  const message = `bitmap ${index} of ${bytes} bytes is above the limit ${LIMITS.bitmap}`;
  throw new Qcow2Error('QCOW2_TOO_LARGE', message, {
    detail: { field: 'bitmap_table_size', value: bytes, limit: LIMITS.bitmap },
  });
}

function decodeBitmap(entry: Uint8Array, index: number): BitmapInfo {
  const view = viewOf(entry);
  const f = bitmapLayout;
  const nameSize = f.name_size.get(view, 0);
  const granularityBits = f.granularity_bits.get(view, 0);
  if (nameSize < 1 || nameSize > MAX_NAME)
    throw corrupt('name_size', nameSize, `of bitmap ${index} is not 1 to ${MAX_NAME}`);
  if (granularityBits < 9 || granularityBits > 31) {
    throw corrupt('granularity_bits', granularityBits, `of bitmap ${index} is not 9 to 31`);
  }
  const flags = f.flags.get(view, 0);
  return {
    name: decodeText(entry.subarray(entry.length - nameSize)),
    granularity: 2 ** granularityBits,
    isInUse: (flags & FLAG_IN_USE) !== 0,
    isAuto: (flags & FLAG_AUTO) !== 0,
    tableOffset: f.bitmap_table_offset.get(view, 0),
    tableEntries: f.bitmap_table_size.get(view, 0),
  };
}

function corrupt(field: string, value: number, why: string): Qcow2Error {
  return new Qcow2Error('QCOW2_CORRUPT', `${field} ${value} ${why}`, { detail: { field, value } });
}
