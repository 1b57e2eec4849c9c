import { MoveError } from './errors.ts';
import { HEAD_OFFSET, type Range, SECTOR } from './geometry.ts';
import type { Displaced } from './home.ts';
import type { Storage } from './storage.ts';

/** How to read the file system that is being moved. */
export interface OldPlaceOptions {
  /** Byte of the device where it starts. */
  readonly source: number;
  readonly blockSize: number;
  /** What the place of the held-back sector reads as. */
  readonly marker: Uint8Array;
  /** Bytes under the record, when it lies inside the device. */
  readonly displaced: Displaced | undefined;
  /** Told of each block that cannot be read, which then reads as zeros; without it such a block is an error. */
  readonly onUnreadable: ((block: number) => void) | undefined;
}

/** Positions -> bytes: `read` fills `into` from `position`, or throws. */
export interface OldPlace {
  /** @throws MoveError MOVE_UNREADABLE with the block in `detail` */
  read(into: Uint8Array, position: number): void;
}

/** The source as it was before the move: without the marker's text, and with what the record displaced. */
export function oldPlaceOf(device: Storage, options: OldPlaceOptions): OldPlace {
  return {
    read(into, position) {
      const { displaced } = options;
      if (displaced !== undefined && contains(displaced.positions, position)) {
        const start = position - displaced.positions.from;
        into.set(displaced.bytes.subarray(start, start + into.length));
        return;
      }
      readOrName(device, into, position, options);
      // Pieces begin and end at sectors, so this one is inside of them as a whole or not at all.
      const head = HEAD_OFFSET - position;
      if (head >= 0 && head + SECTOR <= into.length) into.set(options.marker, head);
    },
  };
}

const contains = ({ from, to }: Range, position: number): boolean => position >= from && position < to;

function readOrName(device: Storage, into: Uint8Array, position: number, options: OldPlaceOptions): void {
  try {
    device.readAt(into, options.source + position);
  } catch (error) {
    if (!isReadError(error)) throw error;
    readByBlocks(device, into, position, options);
  }
}

/** After a failure: each block alone, to learn which one it is. */
function readByBlocks(device: Storage, into: Uint8Array, position: number, options: OldPlaceOptions): void {
  const { blockSize, source, onUnreadable } = options;
  for (let done = 0; done < into.length; ) {
    const block = Math.floor((position + done) / blockSize);
    const end = Math.min(into.length, (block + 1) * blockSize - position);
    const part = into.subarray(done, end);
    try {
      device.readAt(part, source + position + done);
    } catch (error) {
      if (!isReadError(error)) throw error;
      if (onUnreadable === undefined) {
        throw new MoveError('MOVE_UNREADABLE', `block ${block} cannot be read`, { detail: { block }, cause: error });
      }
      part.fill(0);
      onUnreadable(block);
    }
    done = end;
  }
}

/** What a medium answers for a bad sector. Anything else (a closed file, memory) is no statement about a block. */
function isReadError(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'EIO' || code === 'EREMOTEIO' || code === 'EBADMSG' || code === 'ENODATA' || code === 'EILSEQ';
}
