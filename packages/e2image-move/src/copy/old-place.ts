import { isolateErrors, type Source } from '@e2image/sparse-io';
import { MoveError } from '../base/errors.ts';
import { HEAD_OFFSET, type Range, SECTOR } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import type { Displaced } from '../homes/record-home.ts';

/** How to read the file system that is being moved. */
export interface OldPlaceOptions {
  /** Byte of the device where it starts, and its bytes. */
  readonly source: number;
  readonly length: number;
  readonly blockSize: number;
  /** What the held-back sector reads as. */
  readonly marker: Uint8Array;
  /** Bytes under the record, if it is inside the device. */
  readonly displaced?: Displaced | undefined;
  /** Called for each block that cannot be read, which then reads as zeros; without it such a block is an error. */
  readonly onUnreadable?: ((block: number) => void) | undefined;
  /** The device around its page cache, which fails many blocks for one bad sector: tried before a block is given up. */
  readonly around?: Pick<Source, 'readAt'> | undefined;
}

/** The file system at its old place. */
export interface OldPlace {
  /**
   * Fill `into` from `position`, or throw.
   *
   * @throws MoveError MOVE_UNREADABLE with the block in `detail`
   */
  read(into: Uint8Array, position: number): void;
}

/** The source as it was before the move: without the marker, and with what the record displaced. */
export function oldPlaceOf(device: Storage, options: OldPlaceOptions): OldPlace {
  const { displaced, marker, around } = options;
  const blocks = isolateErrors(placeOf(device, options), {
    blockSize: options.blockSize,
    onBad: ({ offset, error }) => giveUp(Math.floor(offset / options.blockSize), error, options),
    around: around && placeOf(around, options),
  });
  return {
    read(into, position) {
      if (displaced !== undefined && contains(displaced.positions, position)) {
        const start = position - displaced.positions.from;
        into.set(displaced.bytes.subarray(start, start + into.length));
        return;
      }
      blocks.readAt(into, position);
      // Pieces begin and end at sectors, so a piece contains this sector completely or not at all.
      const head = HEAD_OFFSET - position;
      if (head >= 0 && head + SECTOR <= into.length) into.set(marker, head);
    },
  };
}

const contains = ({ from, to }: Range, position: number): boolean => position >= from && position < to;

const placeOf = (device: Pick<Storage, 'readAt'>, { source, length }: OldPlaceOptions): Source => ({
  size: length,
  readAt: (into, offset) => device.readAt(into, source + offset),
});

function giveUp(block: number, cause: unknown, { onUnreadable }: OldPlaceOptions): void {
  if (onUnreadable === undefined) {
    throw new MoveError('MOVE_UNREADABLE', `block ${block} cannot be read`, { detail: { block }, cause });
  }
  onUnreadable(block);
}
