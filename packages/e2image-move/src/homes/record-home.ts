import type { Range } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import type { MoveRecord } from '../record/record.ts';
import type { UsedMap } from '../used/used-map.ts';

/** Source bytes that the record lies on, so that they must be read from memory. */
export interface Displaced {
  readonly positions: Range;
  /** Their content, from `positions.from` on; kept on the device at the record's `carriedAt`, too. */
  readonly bytes: Uint8Array;
  /**
   * Where on the device they are out of the way of `slice`; undefined when they never are in the way.
   * Neither the new place nor the old one touches those bytes of the device.
   */
  refugeFrom(slice: Range): number | undefined;
}

/** Where the record of a move lives. Each method returns when its effect survives a power cut. */
export interface RecordHome {
  /** Undefined for a record that lies outside the device. */
  readonly displaced: Displaced | undefined;
  /** Where batches are logged; undefined when the home has no room for them. */
  readonly log: Storage | undefined;
  /** Keep record and map where a resume finds them, while the source is still whole and mounts. */
  announce(record: MoveRecord, map: UsedMap): void;
  /** The superblock is held back: make the home final. May be repeated. @returns the record of the newest slot */
  settle(record: MoveRecord, map: UsedMap): MoveRecord;
  /** Write the next slot. */
  save(record: MoveRecord): void;
  /** The move is over and the file system whole: leave nothing that a later run could take for a move. */
  remove(): void;
}
