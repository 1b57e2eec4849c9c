import type { Range } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import type { MoveRecord } from '../record/record.ts';
import type { UsedMap } from '../used/used-map.ts';

/** Source bytes that the record overwrites, so that they must be read from memory. */
export interface Displaced {
  readonly positions: Range;
  /** Their content, from `positions.from` on. The device keeps it too, at the record's `carriedAt`. */
  readonly bytes: Uint8Array;
  /**
   * Byte of the device where `slice` does not overwrite them; undefined if no slice ever does.
   * Neither the new place nor the old one touches those bytes of the device.
   */
  refugeFrom(slice: Range): number | undefined;
}

/** Where the record of a move is kept. Each method returns when its effect survives a power cut. */
export interface RecordHome {
  /** Undefined for a record outside of the device. */
  readonly displaced: Displaced | undefined;
  /** Where batches are logged; undefined if the home has no room for them. */
  readonly log: Storage | undefined;
  /** Write record and map where a resume finds them, while the source is still whole and can be mounted. */
  announce(record: MoveRecord, map: UsedMap): void;
  /** The superblock is held back: make the home final. May be repeated. @returns the record of the newest slot */
  settle(record: MoveRecord, map: UsedMap): MoveRecord;
  /** Write the next slot. */
  save(record: MoveRecord): void;
  /** The move is finished: leave nothing that a later run could take for a move. */
  remove(): void;
}
