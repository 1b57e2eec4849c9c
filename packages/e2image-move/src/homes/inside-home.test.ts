import fc from 'fast-check';
import {
  distanceOf,
  headOf,
  isRightward,
  type Move,
  newPlace,
  oldPlace,
  overlaps,
  type Range,
  SECTOR,
  shift,
} from '../disk/geometry.ts';
import { SLOT_BYTES, SLOTS_BYTES } from '../record/record.ts';
import { tracedDisk } from '../testing/crash-disk.ts';
import { insideHome, insideMapCapacity, insidePlaces } from './inside-home.ts';

const sectors = (min: number, max: number) => fc.integer({ min, max }).map((count) => count * SECTOR);

/** Moves that have room for a record inside. */
const anyMove = (): fc.Arbitrary<Move> =>
  fc
    .record({ low: sectors(0, 5000), distance: sectors(80, 30_000), length: sectors(80, 30_000), right: fc.boolean() })
    .map(({ low, distance, length, right }) => ({
      source: right ? low : low + distance,
      destination: right ? low + distance : low,
      length,
    }))
    .filter((move) => insideMapCapacity(move) !== undefined);

const anyCase = () =>
  anyMove().chain((move) =>
    fc.integer({ min: 1, max: (insideMapCapacity(move) ?? 0) / 16 }).map((runs) => ({ move, mapBytes: runs * 16 })),
  );

const within = (inner: Range, outer: Range): boolean => outer.from <= inner.from && inner.to <= outer.to;
const sized = (from: number, length: number): Range => ({ from, to: from + length });

describe('insideMapCapacity', () => {
  test('needs 40 KiB of distance', () => {
    const move = { source: 0, destination: 40960, length: 1 << 20 };
    expect(insideMapCapacity(move)).toBe(4096);
    expect(insideMapCapacity({ ...move, destination: 40448 })).toBeUndefined();
    expect(insideMapCapacity({ ...move, length: 40448 })).toBeUndefined();
  });
});

describe('insidePlaces', () => {
  test('puts the record where the new place never comes, and clear of the held-back sector', () => {
    fc.assert(
      fc.property(anyCase(), ({ move, mapBytes }) => {
        const { at, bytes, positions } = insidePlaces(move, mapBytes);
        const record = sized(at, bytes);
        expect(within(record, oldPlace(move))).toBe(true);
        expect(overlaps(record, newPlace(move))).toBe(false);
        expect(overlaps(record, headOf(move.source))).toBe(false);
        expect(shift(positions, move.source)).toEqual(record);
        expect(bytes).toBeGreaterThanOrEqual(SLOTS_BYTES + mapBytes);
      }),
    );
  });

  test('puts refuge and stash into the new place outside of the old one, clear of each other and of the marker', () => {
    fc.assert(
      fc.property(anyCase(), ({ move, mapBytes }) => {
        const { refuge, bytes, stashMap, stashSlot } = insidePlaces(move, mapBytes);
        const pieces = [sized(refuge, bytes), sized(stashMap, mapBytes), sized(stashSlot, SLOT_BYTES)];
        const marker = headOf(move.destination);
        const marked = overlaps(marker, oldPlace(move)) ? [] : [marker];
        for (const piece of pieces) {
          expect(within(piece, newPlace(move))).toBe(true);
          expect(overlaps(piece, oldPlace(move))).toBe(false);
        }
        const all = [...pieces, ...marked];
        all.forEach((a, i) => {
          for (const b of all.slice(i + 1)) expect(overlaps(a, b)).toBe(false);
        });
      }),
    );
  });

  test('keeps batches within the distance', () => {
    fc.assert(
      fc.property(anyCase(), ({ move, mapBytes }) => {
        const { batchLimit } = insidePlaces(move, mapBytes);
        expect(batchLimit).toBeLessThanOrEqual(distanceOf(move));
        expect(batchLimit).toBeGreaterThanOrEqual(SECTOR);
      }),
    );
  });
});

describe('the refuge of displaced bytes', () => {
  test('is free before and after the slice it makes way for', () => {
    const anySlice = anyCase().chain(({ move, mapBytes }) => {
      const { positions, batchLimit } = insidePlaces(move, mapBytes);
      const [low, high] = isRightward(move) ? [positions.to, move.length] : [0, positions.from];
      return sectors(low / SECTOR, high / SECTOR).chain((edge) =>
        sectors(1, Math.floor(batchLimit / SECTOR)).map((length) => ({
          move,
          mapBytes,
          slice: isRightward(move)
            ? { from: Math.max(low, edge - length), to: edge }
            : { from: edge, to: Math.min(high, edge + length) },
        })),
      );
    });
    fc.assert(
      fc.property(anySlice, ({ move, mapBytes, slice }) => {
        const places = insidePlaces(move, mapBytes);
        const home = insideHome(tracedDisk(new Uint8Array(0), 0, []), move, {
          places,
          displacedBytes: new Uint8Array(places.bytes),
        });
        const at = home.displaced?.refugeFrom(slice);
        if (at === undefined || slice.from >= slice.to) return;
        const refuge = sized(at, places.bytes);
        const [open, done] = isRightward(move)
          ? [
              { from: 0, to: slice.to },
              { from: slice.to, to: move.length },
            ]
          : [
              { from: slice.from, to: move.length },
              { from: 0, to: slice.from },
            ];
        expect(overlaps(refuge, shift(open, move.source))).toBe(false);
        expect(overlaps(refuge, shift(done, move.destination))).toBe(false);
        expect(overlaps(refuge, shift(slice, move.destination))).toBe(false);
        expect(overlaps(refuge, sized(places.at, places.bytes))).toBe(false);
        const [low, high] = [Math.min(move.source, move.destination), Math.max(move.source, move.destination)];
        expect(within(refuge, { from: low, to: high + move.length })).toBe(true);
      }),
    );
  });
});
