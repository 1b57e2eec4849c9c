import { setBitmapRun } from '@e2image/ext-core';
import type { Superblock } from '@e2image/ext-core/structures';
import type { ByteRange, Source } from '@e2image/sparse-io';
import { type BitmapKind, bitsInUse, bitsPerGroup } from './bitmap-kind.ts';

/**
 * The packed bitmaps of an image as the blocks that they are on the disk: block `group` of the source is the bitmap of
 * that group. All bits after the last one in use are set, as the format requires.
 *
 * Reads must be whole blocks.
 *
 * @param section where the bitmaps are in the image
 */
export function paddedBitmaps(image: Source, sb: Superblock, kind: BitmapKind, section: ByteRange): Source {
  const { blockSize, groupCount } = sb;
  const bytesPerGroup = bitsPerGroup(sb, kind) / 8;
  return {
    size: groupCount * blockSize,
    readAt(into, offset) {
      for (let at = 0; at < into.length; at += blockSize) {
        const group = (offset + at) / blockSize;
        const block = into.subarray(at, at + blockSize);
        image.readAt(block.subarray(0, bytesPerGroup), section.offset + group * bytesPerGroup);
        const end = bitsInUse(sb, kind, group);
        setBitmapRun(block, { start: end, count: blockSize * 8 - end });
      }
    },
  };
}
