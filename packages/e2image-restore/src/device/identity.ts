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
  /** Byte of the device. */
  readonly offset: number;
  readonly sb: Superblock;
  /** 1,024 bytes. */
  readonly raw: Uint8Array;
}

/** Backups to look at: enough to outvote one bad copy, few enough for a file system with one in every group. */
const MAX_BACKUPS = 16;

/** The superblock at a byte of a source; undefined when nothing there can be taken for one. */
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
 * The superblocks by which a device says whose it is: the primary one and backups where the image's file system has
 * them; without a primary one also the first backup of any other usual geometry.
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
    // File contents may hold the image of another file system: a backup knows in which group it lies.
    return found !== undefined && isAtItsPlace(found) ? [found] : [];
  });
  return primary === undefined ? backups : [primary, ...backups];
}

/** First backups of file systems with full groups: block 8193 of 1 KiB, else as many blocks as a bitmap has bits. */
const USUAL_BACKUPS = BLOCK_SIZES.map((size) => (size === 1024 ? 8193 * 1024 : size * 8 * size));

const isAtItsPlace = ({ sb, offset }: FoundSuperblock): boolean =>
  sb.blockGroupNr > 0 && groupFirstBlock(sb, sb.blockGroupNr) * sb.blockSize === offset;

/**
 * Why a device is not the one that was imaged.
 *
 * @returns sentences for the user; empty when every superblock fits, or there is none
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
