import { Buffer } from 'node:buffer';
import { isExtError, isSuperblockIntact } from '@e2image/ext-core';
import {
  BLOCK_SIZES,
  backupGroups,
  groupFirstBlock,
  readSuperblock,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  type Superblock,
  uuidText,
} from '@e2image/ext-core/structures';
import { isUnreadable, type Source } from '@e2image/sparse-io';

/** A superblock found on a device. */
export interface FoundSuperblock {
  /** Byte offset on the device. */
  readonly offset: number;
  readonly sb: Superblock;
  /** 1,024 bytes. */
  readonly raw: Uint8Array;
}

/** Backups to look at: enough not to rely on a few copies, and fast when each group has one. */
const MAX_BACKUPS = 16;

/** The superblock at a byte of a source; undefined when these bytes are not one, or cannot be read. */
export function superblockAt(source: Source, offset: number): FoundSuperblock | undefined {
  if (offset + SUPERBLOCK_SIZE > source.size) return undefined;
  const raw = new Uint8Array(SUPERBLOCK_SIZE);
  try {
    source.readAt(raw, offset);
    const sb = readSuperblock(raw);
    return isSuperblockIntact(sb, raw) ? { offset, sb, raw } : undefined;
  } catch (error) {
    if (isExtError(error) || isUnreadable(error)) return undefined;
    throw error;
  }
}

/**
 * The superblocks that identify a device: the primary one, and backups where the file system of the image has them. If
 * there is no primary one, also the first backup of each other usual geometry.
 *
 * @param image superblock of the image
 */
export function superblocksOf(device: Source, image: Superblock): FoundSuperblock[] {
  const primary = superblockAt(device, SUPERBLOCK_OFFSET);
  const offsets = backupGroups(image)
    .slice(0, MAX_BACKUPS)
    .map((group) => groupFirstBlock(image, group) * image.blockSize);
  if (primary === undefined) offsets.push(...USUAL_BACKUPS);
  const backups = [...new Set(offsets)].flatMap((offset) => {
    const found = superblockAt(device, offset);
    // Files may contain images of other file systems. A real backup stores the number of the group that it is in.
    return found !== undefined && isInItsGroup(found) ? [found] : [];
  });
  return primary === undefined ? backups : [primary, ...backups];
}

/** First backups of file systems with full groups: block 8193 of 1 KiB, else as many blocks as a bitmap has bits. */
const USUAL_BACKUPS = BLOCK_SIZES.map((size) => (size === 1024 ? 8193 * 1024 : size * 8 * size));

const isInItsGroup = ({ sb, offset }: FoundSuperblock): boolean =>
  sb.blockGroupNr > 0 && groupFirstBlock(sb, sb.blockGroupNr) * sb.blockSize === offset;

/**
 * Why a device is not the one that was imaged.
 *
 * @returns sentences for the user; empty when every superblock that was found fits
 */
export function identityReasons(found: readonly FoundSuperblock[], image: Superblock): string[] {
  const reasons = new Set<string>();
  for (const { sb, offset } of found) {
    const where = offset === SUPERBLOCK_OFFSET ? 'superblock' : `backup superblock at byte ${offset}`;
    if (Buffer.compare(sb.uuid, image.uuid) !== 0) {
      reasons.add(`the ${where} of the device has UUID ${uuidText(sb.uuid)}, the image ${uuidText(image.uuid)}`);
    } else if (sb.blocksCount !== image.blocksCount || sb.blockSize !== image.blockSize) {
      reasons.add(
        `the ${where} of the device has ${sb.blocksCount} blocks of ${sb.blockSize} bytes, ` +
          `the image ${image.blocksCount} of ${image.blockSize}`,
      );
    }
  }
  return [...reasons];
}
