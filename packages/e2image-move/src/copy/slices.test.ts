import fc from 'fast-check';
import { isRightward, type Move, overlaps, type Range, shift } from '../disk/geometry.ts';
import { rangesOf, type UsedMap, usedBytes, usedMap } from '../used/used-map.ts';
import { firstPosition, nextSlice, piecesOf, positionAfter, type SliceLimits } from './slices.ts';

const LENGTH = 400;

const anyMap = (): fc.Arbitrary<UsedMap> =>
  fc.array(fc.tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: 60 })), { maxLength: 12 }).map((pairs) =>
    usedMap(
      pairs.map(([from, length]) => ({ from, to: Math.min(LENGTH, from + length) })).sort((a, b) => a.from - b.from),
      { gap: 0 },
    ),
  );

const anyMove = (): fc.Arbitrary<Move> =>
  fc
    .tuple(fc.integer({ min: 1, max: 500 }), fc.boolean())
    .map(([distance, right]) => ({ source: right ? 0 : distance, destination: right ? distance : 0, length: LENGTH }));

function allSlices(move: Move, map: UsedMap, limits: SliceLimits): Range[] {
  const slices: Range[] = [];
  for (let position = firstPosition(move); ; ) {
    const slice = nextSlice(move, map, position, limits);
    if (slice === undefined) return slices;
    slices.push(slice);
    position = positionAfter(move, slice);
  }
}

const limitsFor = (move: Move) =>
  fc.record({
    span: fc.integer({ min: 1, max: Math.abs(move.destination - move.source) }),
    used: fc.integer({ min: 1, max: 100 }),
  });

const anyCase = () => anyMove().chain((move) => fc.tuple(fc.constant(move), anyMap(), limitsFor(move)));

describe('slices', () => {
  test('take every used position once and no other', () => {
    fc.assert(
      fc.property(anyCase(), ([move, map, limits]) => {
        const pieces = allSlices(move, map, limits).flatMap((slice) => [...piecesOf(map, slice)]);
        pieces.sort((a, b) => a.from - b.from);
        expect(usedMap(pieces, { gap: 0 })).toEqual(map);
        expect(pieces.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(usedBytes(map));
      }),
    );
  });

  test('keep to their limits', () => {
    fc.assert(
      fc.property(anyCase(), ([move, map, limits]) => {
        const slices = allSlices(move, map, limits);
        const used = slices.map((slice) => [...piecesOf(map, slice)].reduce((sum, { from, to }) => sum + to - from, 0));
        expect(Math.max(0, ...slices.map(({ from, to }) => to - from))).toBeLessThanOrEqual(limits.span);
        expect(Math.min(1, ...used)).toBe(1);
        expect(Math.max(0, ...used)).toBeLessThanOrEqual(limits.used);
      }),
    );
  });

  test('overwrite neither their own source nor one that is still to be read', () => {
    fc.assert(
      fc.property(anyCase(), ([move, map, limits]) => {
        const slices = allSlices(move, map, limits);
        slices.forEach((slice, i) => {
          const written = shift(slice, move.destination);
          expect(slices.slice(i).some((open) => overlaps(written, shift(open, move.source)))).toBe(false);
        });
      }),
    );
  });

  test('overwrite no source that is still to be read even when they are longer than the distance', () => {
    fc.assert(
      fc.property(anyMove(), anyMap(), fc.integer({ min: 1, max: 100 }), (move, map, used) => {
        const slices = allSlices(move, map, { span: Number.POSITIVE_INFINITY, used });
        slices.forEach((slice, i) => {
          const written = shift(slice, move.destination);
          expect(slices.slice(i + 1).some((open) => overlaps(written, shift(open, move.source)))).toBe(false);
        });
      }),
    );
  });

  test('end at splits', () => {
    fc.assert(
      fc.property(anyCase(), fc.nat(LENGTH), ([move, map, limits], split) => {
        const slices = allSlices(move, map, { ...limits, splits: [split] });
        expect(slices.some(({ from, to }) => from < split && split < to)).toBe(false);
        expect(
          usedMap(
            [...slices].sort((a, b) => a.from - b.from).flatMap((s) => [...piecesOf(map, s)]),
            { gap: 0 },
          ),
        ).toEqual(map);
      }),
    );
  });

  test('work from the end to the right, from the start to the left', () => {
    fc.assert(
      fc.property(anyCase(), ([move, map, limits]) => {
        const starts = allSlices(move, map, limits).map(({ from }) => from);
        expect(starts).toEqual([...starts].sort((a, b) => (isRightward(move) ? b - a : a - b)));
      }),
    );
  });

  test('stay exact beyond 2^32', () => {
    const map = Float64Array.of(0, 4096, 2 ** 43, 2 ** 43 + 3 * 2 ** 20);
    const move = { source: 0, destination: 2 ** 20, length: 2 ** 44 };
    const limits = { span: 2 ** 20, used: 2 ** 20 };
    expect(allSlices(move, map, limits)).toEqual([
      { from: 2 ** 43 + 2 * 2 ** 20, to: 2 ** 43 + 3 * 2 ** 20 },
      { from: 2 ** 43 + 2 ** 20, to: 2 ** 43 + 2 * 2 ** 20 },
      { from: 2 ** 43, to: 2 ** 43 + 2 ** 20 },
      { from: 0, to: 4096 },
    ]);
    expect([...rangesOf(map)]).toHaveLength(2);
  });
});
