import { corruptField } from './corrupt-field.ts';
import { type Field, u8, u16, u32, u64, viewOf } from './field.ts';
import { decodeText } from './text.ts';

/** The data of the bitmaps extension. Source: qcow2.rst, "Bitmaps extension". */
export const bitmapsExtensionLayout = {
  nb_bitmaps: u32(0),
  reserved: u32(4),
  bitmap_directory_size: u64(8),
  bitmap_directory_offset: u64(16),
} as const satisfies Record<string, Field>;

/** Bytes of the extension's data. */
export const BITMAPS_EXTENSION_SIZE = 24;

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

/** Bytes of the fixed part. The extra data and the name follow. */
export const BITMAP_SIZE = 24;

/** Least and greatest length of a name in bytes. */
const NAME_SIZE = { least: 1, most: 1023 } as const;
/** Least and greatest `granularity_bits`. */
const GRANULARITY_BITS = { least: 9, most: 31 } as const;
/** Values of `flags`. */
const FLAG_IN_USE = 1;
const FLAG_AUTO = 2;

/** One persistent bitmap: it records which parts of the disk were written since some point in time. */
export interface BitmapInfo {
  readonly name: string;
  /** Guest bytes for each bit. */
  readonly granularity: number;
  /** A program had it open and did not save it: its bits are not valid. */
  readonly isInUse: boolean;
  /** It records every write. */
  readonly isAuto: boolean;
  readonly tableOffset: number;
  readonly tableEntries: number;
}

/**
 * Bytes of a bitmap directory entry, without the padding to a multiple of 8.
 *
 * @param fixed its fixed part
 */
export function bitmapLength(fixed: DataView): number {
  return BITMAP_SIZE + bitmapLayout.extra_data_size.get(fixed, 0) + bitmapLayout.name_size.get(fixed, 0);
}

/**
 * Decode one entry of the bitmap directory.
 *
 * @param entry all its bytes, without the padding
 * @param index its number, for messages
 * @throws Qcow2Error QCOW2_CORRUPT for a name or a granularity that the format does not allow; QCOW2_TOO_LARGE for an
 *   offset above 2^53 - 1
 */
export function decodeBitmap(entry: Uint8Array, index: number): BitmapInfo {
  const view = viewOf(entry);
  const f = bitmapLayout;
  const nameSize = f.name_size.get(view, 0);
  const granularityBits = f.granularity_bits.get(view, 0);
  checkRange('name_size', nameSize, NAME_SIZE, index);
  checkRange('granularity_bits', granularityBits, GRANULARITY_BITS, index);
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

function checkRange(field: string, value: number, { least, most }: { least: number; most: number }, index: number) {
  if (value >= least && value <= most) return;
  throw corruptField(field, value, `of bitmap ${index} is not ${least} to ${most}`);
}
