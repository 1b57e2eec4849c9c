import type { Filesystem, Problem } from '@e2image/ext-core';
import { SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE } from '@e2image/ext-core/structures';
import { BlockSet } from '@e2image/ext-core/walk';
import type { ByteRange, Source } from '@e2image/sparse-io';
import { RestoreError } from '../base/errors.ts';
import type { Segment } from '../base/segments.ts';

/** What an image has to say about the device, whatever its format. */
export interface ImageContent {
  readonly format: 'normal' | 'raw' | 'QCOW2';
  /** The file system of the image; of a normal image, only its metadata tables read as more than zeros. */
  readonly fs: Filesystem;
  /** The primary superblock to write: 1,024 bytes. */
  readonly superblock: Uint8Array;
  /** All else that belongs on the device: whole blocks, ascending, disjoint, none over the primary superblock. */
  readonly segments: readonly Segment[];
  /** What the blocks are: a name for each set. */
  readonly kinds: ReadonlyMap<string, BlockSet>;
  /** Bytes of the device that an image of this kind should have, and that were never read. */
  readonly unread: readonly ByteRange[];
  /** Damage met while the image was looked through. */
  readonly problems: readonly Problem[];
  /** True when the image brings the journal along. */
  readonly hasJournal: boolean;
  /** Who made the image, of what and when; only a normal image tells. */
  readonly origin?: { readonly hostName: string; readonly deviceName: string; readonly createdAt: number };
}

/** Where the primary superblock lies on the device. */
export const SUPERBLOCK_RANGE: ByteRange = { offset: SUPERBLOCK_OFFSET, length: SUPERBLOCK_SIZE };

/** Collects blocks by the name of what they are. */
export class KindSets {
  readonly sets = new Map<string, BlockSet>();

  add(kind: string, start: number, count: number): void {
    const set = this.sets.get(kind) ?? new BlockSet();
    set.add(start, count);
    this.sets.set(kind, set);
  }
}

/**
 * An image some bytes of which were never read: asking for them is an error, as it was when the image was made, so
 * that nobody takes their zeros for contents.
 *
 * @param unread ascending, disjoint
 */
export function withUnread(image: Source, unread: readonly ByteRange[]): Source {
  if (unread.length === 0) return image;
  return {
    size: image.size,
    ...(image.extentAt && { extentAt: image.extentAt.bind(image) }),
    readAt(into, offset) {
      const hit = unread.find((range) => range.offset < offset + into.length && offset < range.offset + range.length);
      if (hit !== undefined) {
        const message = `bytes ${hit.offset} to ${hit.offset + hit.length} of the image were never read from its source`;
        throw new RestoreError('RESTORE_UNREAD', message, { detail: hit });
      }
      image.readAt(into, offset);
    },
  };
}

/** Ranges rounded out to whole blocks, joined where they touch; ascending. */
export function wholeBlocks(ranges: readonly ByteRange[], blockSize: number): ByteRange[] {
  const runs = [...blockSet(ranges, blockSize).runs()];
  return runs.map(({ start, count }) => ({ offset: start * blockSize, length: count * blockSize }));
}

/** The blocks that ranges touch. */
export function blockSet(ranges: readonly ByteRange[], blockSize: number): BlockSet {
  const set = new BlockSet();
  for (const { offset, length } of ranges) {
    const first = Math.floor(offset / blockSize);
    set.add(first, Math.ceil((offset + length) / blockSize) - first);
  }
  return set;
}

/** A source of zeros. */
export const zeros = (size: number): Source => ({
  size,
  readAt: (into) => void into.fill(0),
  extentAt: (offset) => ({ kind: 'hole', offset, length: Math.max(1, size - offset) }),
});
