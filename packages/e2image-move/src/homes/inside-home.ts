import { distanceOf, isRightward, type Move, oldPlace, overlaps, type Range, shift } from '../disk/geometry.ts';
import type { Storage } from '../disk/storage.ts';
import { encodeRecord, SLOT_BYTES, SLOTS_BYTES, slotWriter } from '../record/record.ts';
import { encodeMap } from '../used/used-map.ts';
import type { Displaced, RecordHome } from './record-home.ts';

/** Positions before a record at the start of the old place. They contain the held-back sector. */
const LEAD = 4096;
/** Longest map inside a device: 65,536 runs. */
const MAX_MAP_BYTES = 1024 * 1024;

/** Where the pieces of a record inside the device are: bytes of the device, except `positions`. */
export interface InsidePlaces {
  readonly at: number;
  readonly bytes: number;
  /** The positions that the record displaces: copied last, except for the first 4,096. */
  readonly positions: Range;
  /** First refuge of the displaced bytes, in the part of the new place that is outside of the old one. */
  readonly refuge: number;
  /** Beside the refuge: slot and map, until the record's own place may be written. */
  readonly stashSlot: number;
  readonly stashMap: number;
  /** Whether the refuge is the final position of the displaced bytes: no other slice reaches them there. */
  readonly isRefugeFinal: boolean;
  /** Most bytes of a batch. */
  readonly batchLimit: number;
}

/**
 * The most bytes of map that a record inside the device can have; undefined if the device has no room for a record.
 *
 * The displaced bytes must be stored somewhere at each moment, so they travel ahead of the data, in the `distance` bytes
 * that are free. A batch, the old refuge and the new one need room there: three times the record.
 */
export function insideMapCapacity(move: Move): number | undefined {
  const room = Math.min(distanceOf(move), move.length) - LEAD;
  const record = Math.floor(Math.min(room / 8, SLOTS_BYTES + MAX_MAP_BYTES) / 4096) * 4096;
  const map = Math.max(record - SLOTS_BYTES, 4096);
  return room >= 3 * (SLOTS_BYTES + map) ? map : undefined;
}

/** Where everything is follows from the move and the size of its map, so that a marker is enough to find it. */
export function insidePlaces(move: Move, mapBytes: number): InsidePlaces {
  const right = isRightward(move);
  const mapRoom = Math.ceil(mapBytes / 4096) * 4096;
  const bytes = SLOTS_BYTES + mapRoom;
  const from = right ? LEAD : move.length - bytes;
  const positions = { from, to: from + bytes };
  const final = shift(positions, move.destination);
  const isRefugeFinal = !overlaps(final, oldPlace(move));
  const beside = right ? move.source + move.length : move.source - bytes;
  const refuge = isRefugeFinal ? final.from : beside;
  const stashMap = right ? refuge + bytes : refuge - mapRoom;
  return {
    at: move.source + from,
    bytes,
    positions,
    refuge,
    stashMap,
    stashSlot: right ? stashMap + mapRoom : stashMap - SLOT_BYTES,
    isRefugeFinal,
    batchLimit: isRefugeFinal ? distanceOf(move) : distanceOf(move) - 2 * bytes,
  };
}

/**
 * A record in the part of the old place that the new one does not cover: nothing else is ever written there.
 *
 * @param displacedBytes content of `places.positions`, kept by reference
 */
export function insideHome(
  device: Storage,
  move: Move,
  { places, displacedBytes }: { places: InsidePlaces; displacedBytes: Uint8Array },
): RecordHome {
  const durable = (bytes: Uint8Array, offset: number): void => {
    device.writeAt(bytes, offset);
    device.sync();
  };
  const save = slotWriter(device, places.at);
  return {
    displaced: displacedOf(move, places, displacedBytes),
    log: undefined,
    announce(record, map) {
      device.writeAt(displacedBytes, places.refuge);
      durable(encodeMap(map), places.stashMap);
      durable(encodeRecord(record), places.stashSlot);
    },
    settle(record, map) {
      durable(encodeMap(map), places.at + SLOTS_BYTES);
      const settled = { ...record, sequence: record.sequence + 1 };
      save(settled);
      // A stash that survived the first batch would start the move again, over a source that is overwritten.
      durable(new Uint8Array(SLOT_BYTES), places.stashSlot);
      return settled;
    },
    save,
    remove: () => durable(new Uint8Array(SLOTS_BYTES), places.at),
  };
}

/**
 * The refuge for a slice is next to the sources that are not read yet: of the free bytes, the last that data will
 * reach. It never overlaps the record, which the sources of the last slices surround.
 */
function displacedOf(
  move: Move,
  { positions, bytes: length, isRefugeFinal }: InsidePlaces,
  bytes: Uint8Array,
): Displaced {
  const right = isRightward(move);
  return {
    positions,
    bytes,
    refugeFrom(slice) {
      if (isRefugeFinal) return undefined;
      const at = right ? Math.max(slice.to, positions.to) : Math.min(slice.from, positions.from) - length;
      return move.source + at;
    },
  };
}
