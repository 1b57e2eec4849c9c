import type { Filesystem, Problem } from '@e2image/ext-core';
import { SUPERBLOCK_OFFSET, SUPERBLOCK_SIZE } from '@e2image/ext-core/structures';
import { BlockSet } from '@e2image/ext-core/walk';
import type { ByteRange, Source } from '@e2image/sparse-io';
import { RestoreError } from '../base/errors.ts';
import type { Segment } from '../base/segments.ts';

/** What an image of any format has for the device. */
export interface ImageContent {
  readonly format: 'normal' | 'raw' | 'QCOW2';
  /** The file system of the image. With a normal image, all but its metadata tables reads as zeros. */
  readonly fs: Filesystem;
  /** The primary superblock to write: 1,024 bytes. */
  readonly superblock: Uint8Array;
  /** Everything else to write: whole blocks, ascending, disjoint, never the block of the primary superblock. */
  readonly segments: readonly Segment[];
  /** What the blocks are: by kind (`inode table`), the set of its blocks. */
  readonly kinds: ReadonlyMap<string, BlockSet>;
  /** Bytes of the device that the image should have, and that were never read when it was made. */
  readonly unread: readonly ByteRange[];
  /** Damage found in the image. */
  readonly problems: readonly Problem[];
  /** Whether the image contains the journal. */
  readonly hasJournal: boolean;
  /** Host, device and time of the image; only a normal image stores them. */
  readonly origin?: { readonly hostName: string; readonly deviceName: string; readonly createdAt: number };
}

/** The bytes of the primary superblock on the device. */
export const SUPERBLOCK_RANGE: ByteRange = { offset: SUPERBLOCK_OFFSET, length: SUPERBLOCK_SIZE };

/** Collects blocks by kind. */
export class KindSets {
  readonly sets = new Map<string, BlockSet>();

  add(kind: string, start: number, count: number): void {
    const set = this.sets.get(kind) ?? new BlockSet();
    set.add(start, count);
    this.sets.set(kind, set);
  }
}

/**
 * An image of which some bytes were never read. Reading these is an error, as it was when the image was made: their zeros
 * must not be mistaken for contents.
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

/** Ranges extended to whole blocks, ascending; those that touch are joined. */
export function wholeBlocks(ranges: readonly ByteRange[], blockSize: number): ByteRange[] {
  const runs = [...blockSet(ranges, blockSize).runs()];
  return runs.map(({ start, count }) => ({ offset: start * blockSize, length: count * blockSize }));
}

/** The blocks that contain a byte of the ranges. */
export function blockSet(ranges: readonly ByteRange[], blockSize: number): BlockSet {
  const set = new BlockSet();
  for (const { offset, length } of ranges) {
    const first = Math.floor(offset / blockSize);
    set.add(first, Math.ceil((offset + length) / blockSize) - first);
  }
  return set;
}

/** A source of zeros, which is one hole. */
export const zeros = (size: number): Source => ({
  size,
  readAt: (into) => void into.fill(0),
  extentAt: (offset) => ({ kind: 'hole', offset, length: Math.max(1, size - offset) }),
});
