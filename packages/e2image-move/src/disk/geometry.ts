import { SUPERBLOCK_OFFSET } from '@e2image/ext-core/structures';
import { MoveError } from '../base/errors.ts';

/** Smallest unit that a device writes completely or not at all. Every place begins at a multiple of it. */
export const SECTOR = 512;

/**
 * Byte of a file system where the head of its superblock begins: the sector with the magic number (s_magic). Without the
 * magic number nothing mounts the file system, so this one sector decides whether the file system at a
 * place is visible.
 */
export const HEAD_OFFSET = SUPERBLOCK_OFFSET;

/** Bytes `[from, to)`: positions, counted from the start of the file system, unless a comment says that they are of a device. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A file system of `length` bytes at byte `source` of a device, which is moved to byte `destination`. */
export interface Move {
  readonly source: number;
  readonly destination: number;
  readonly length: number;
}

/** Whether the move goes towards the end of the device: it works from the last position to the first then. */
export const isRightward = ({ source, destination }: Move): boolean => destination > source;

/** Bytes between the two places. They overlap when this is less than the length. */
export const distanceOf = ({ source, destination }: Move): number => Math.abs(destination - source);

export const overlaps = (a: Range, b: Range): boolean => a.from < b.to && b.from < a.to;

/** `range` moved by `by` bytes. With the offset of a place, positions become bytes of the device. */
export const shift = (range: Range, by: number): Range => ({ from: range.from + by, to: range.to + by });

/** The sector of the device that holds the head of the superblock of a file system at `place`. */
export const headOf = (place: number): Range => ({
  from: place + HEAD_OFFSET,
  to: place + HEAD_OFFSET + SECTOR,
});

/** The bytes of the old place and of the new one. Nothing outside of the two is ever written. */
export const oldPlace = (move: Move): Range => ({ from: move.source, to: move.source + move.length });
export const newPlace = (move: Move): Range => ({ from: move.destination, to: move.destination + move.length });

/** @throws MoveError MOVE_OFFSET when an offset is not a multiple of 512, too large, or both are the same */
export function checkMove(move: Move): void {
  for (const offset of [move.source, move.destination]) {
    if (offset % SECTOR !== 0) {
      throw new MoveError('MOVE_OFFSET', `offset ${offset} is not a multiple of ${SECTOR} bytes`, {
        detail: { offset },
      });
    }
    if (!Number.isSafeInteger(offset + move.length)) {
      throw new MoveError('MOVE_OFFSET', `offset ${offset} is larger than any device`, { detail: { offset } });
    }
  }
  if (move.source === move.destination) {
    throw new MoveError('MOVE_OFFSET', `the file system is at byte ${move.source} already`, {
      detail: { offset: move.source },
    });
  }
}
