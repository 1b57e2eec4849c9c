import { Qcow2Error } from '../base/errors.ts';
import { LIMITS } from '../base/limits.ts';
import type { Steps } from '../base/steps.ts';
import {
  BITMAP_SIZE,
  BITMAPS_EXTENSION_SIZE,
  type BitmapInfo,
  bitmapLength,
  bitmapsExtensionLayout,
  decodeBitmap,
} from '../format/bitmap-entry.ts';
import { corruptField } from '../format/corrupt-field.ts';
import { AUTOCLEAR, hasFeature } from '../format/features.ts';
import { viewOf } from '../format/field.ts';
import { EXTENSION, findExtension } from '../format/header-extension.ts';
import type { ImageInfo } from '../format/image-info.ts';
import type { HostFile } from '../io/host-file.ts';
import { tableWindow } from '../io/table-window.ts';

/** The bitmaps, and the host bytes of their directory. */
export interface BitmapDirectory {
  readonly bitmaps: readonly BitmapInfo[];
  readonly offset: number;
  readonly length: number;
}

/**
 * Read the bitmaps of an image. None are returned when the image has no bitmaps extension, or when a program that does
 * not know bitmaps has changed the image since.
 *
 * @throws Qcow2Error QCOW2_TRUNCATED when the directory is outside the file, QCOW2_CORRUPT, QCOW2_TOO_LARGE
 */
export function* readBitmaps(file: HostFile, { header, extensions }: ImageInfo): Steps<BitmapDirectory> {
  const data = findExtension(extensions, EXTENSION.bitmaps);
  if (data === undefined || !hasFeature(header.autoclear, AUTOCLEAR.bitmaps)) {
    return { bitmaps: [], offset: 0, length: 0 };
  }
  const clusterSize = 2 ** header.clusterBits;
  const { count, length, offset } = decodeDirectory(data, clusterSize);
  const window = tableWindow(file, offset, 'bitmap directory');
  const bitmaps: BitmapInfo[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const entryLength = bitmapLength(viewOf(yield* window(at, BITMAP_SIZE)));
    // Before the entry is read: its length comes from the image.
    if (at + entryLength > length) throw corruptField('bitmap directory size', length, `ends inside entry ${index}`);
    const bitmap = decodeBitmap(yield* window(at, entryLength), index);
    checkTable(bitmap, index, clusterSize);
    bitmaps.push(bitmap);
    at += Math.ceil(entryLength / 8) * 8;
  }
  return { bitmaps, offset, length };
}

/** Decode the extension, and judge it. */
function decodeDirectory(data: Uint8Array, clusterSize: number): { count: number; length: number; offset: number } {
  if (data.length !== BITMAPS_EXTENSION_SIZE) {
    throw corruptField('bitmaps extension', data.length, `is not ${BITMAPS_EXTENSION_SIZE} bytes long`);
  }
  const view = viewOf(data);
  const f = bitmapsExtensionLayout;
  const count = f.nb_bitmaps.get(view, 0);
  const length = f.bitmap_directory_size.get(view, 0);
  const offset = f.bitmap_directory_offset.get(view, 0);
  if (count === 0 || count > LIMITS.bitmaps || length > LIMITS.bitmapDirectory) {
    const message = `bitmap directory of ${count} entries and ${length} bytes is outside the limits`;
    throw new Qcow2Error('QCOW2_TOO_LARGE', message, {
      detail: { field: 'bitmaps extension', value: count, limit: LIMITS.bitmaps },
    });
  }
  if (offset === 0 || offset % clusterSize !== 0) {
    throw corruptField('bitmap directory offset', offset, 'is not aligned');
  }
  return { count, length, offset };
}

function checkTable({ tableEntries }: BitmapInfo, index: number, clusterSize: number): void {
  const bytes = tableEntries * clusterSize;
  if (bytes <= LIMITS.bitmap) return;
  const message = `bitmap ${index} of ${bytes} bytes is above the limit ${LIMITS.bitmap}`;
  throw new Qcow2Error('QCOW2_TOO_LARGE', message, {
    detail: { field: 'bitmap_table_size', value: bytes, limit: LIMITS.bitmap },
  });
}
