import type { ByteRange } from '@e2image/sparse-io';
import { memorySource } from '@e2image/sparse-io/testing';
import fc from 'fast-check';
import { arrange, overlay, patched, rangesOf, type Segment, without } from './segments.ts';

const SIZE = 64;

/** Segments over sources in which each byte says which source and offset it is from. */
const segmentLists = fc
  .array(fc.record({ offset: fc.integer({ min: 0, max: SIZE - 1 }), length: fc.integer({ min: 1, max: 20 }) }), {
    maxLength: 8,
  })
  .map((ranges) =>
    ranges.map(({ offset, length }, index): Segment => {
      const bytes = Uint8Array.from({ length: 2 * SIZE }, (_, at) => (index + 1) * 16 + (at % 16));
      return { offset, length: Math.min(length, SIZE - offset), source: memorySource(bytes), from: index };
    }),
  );

/** The slow way: byte by byte, the later segment wins; -1 where nobody wrote. */
function painted(segments: readonly Segment[]): number[] {
  const bytes = new Array<number>(SIZE).fill(-1);
  for (const { offset, length, source, from } of segments) {
    const into = new Uint8Array(length);
    source.readAt(into, from);
    into.forEach((byte, index) => {
      bytes[offset + index] = byte;
    });
  }
  return bytes;
}

test('arranged segments ascend and are disjoint; where two claim a byte it is that of the one that begins first', () => {
  fc.assert(
    fc.property(segmentLists, (segments) => {
      const arranged = arrange(segments);
      arranged.slice(1).forEach((segment, index) => {
        const before = arranged[index];
        expect(segment.offset).toBeGreaterThanOrEqual((before?.offset ?? 0) + (before?.length ?? 0));
      });
      expect(arranged.every(({ length }) => length > 0)).toBe(true);
      const lastWins = segments.map((segment, rank) => ({ segment, rank }));
      lastWins.sort((a, b) => b.segment.offset - a.segment.offset || b.rank - a.rank);
      expect(painted(arranged)).toEqual(painted(lastWins.map(({ segment }) => segment)));
    }),
  );
});

test('patches replace the bytes that they cover', () => {
  fc.assert(
    fc.property(segmentLists, segmentLists, (below, above) => {
      const [segments, patches] = [arrange(below), arrange(above)];
      expect(painted(patched(segments, patches))).toEqual(painted([...segments, ...patches]));
    }),
  );
});

test('an overlay reads as the device with the segments written, for every window', () => {
  const window = fc.tuple(fc.integer({ min: 0, max: SIZE }), fc.integer({ min: 0, max: SIZE }));
  fc.assert(
    fc.property(segmentLists, window, (segments, [a, b]) => {
      const base = memorySource(new Uint8Array(SIZE).fill(7));
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const into = new Uint8Array(to - from);
      overlay(base, arrange(segments)).readAt(into, from);
      const expected = painted(arrange(segments)).map((byte) => (byte < 0 ? 7 : byte));
      expect([...into]).toEqual(expected.slice(from, to));
    }),
  );
});

test('an overlay calls a hole only what is one in the segment there', () => {
  const source = {
    ...memorySource(new Uint8Array(16)),
    extentAt: (offset: number) => ({
      kind: offset < 8 ? ('hole' as const) : ('data' as const),
      offset,
      length: offset < 8 ? 8 - offset : 16 - offset,
    }),
  };
  const whole = overlay(memorySource(new Uint8Array(SIZE)), [{ offset: 10, length: 6, source, from: 4 }]);
  expect([0, 10, 12, 14, 16].map((at) => whole.extentAt?.(at))).toEqual([
    { kind: 'data', offset: 0, length: 10 },
    { kind: 'hole', offset: 10, length: 4 },
    { kind: 'hole', offset: 12, length: 2 },
    { kind: 'data', offset: 14, length: 2 },
    { kind: 'data', offset: 16, length: 48 },
  ]);
});

test('segments that continue each other become one', () => {
  const source = memorySource(new Uint8Array(SIZE));
  const parts = [0, 8, 16].map((offset) => ({ offset, length: 8, source, from: offset + 4 }));
  expect(arrange(parts)).toEqual([{ offset: 0, length: 24, source, from: 4 }]);
});

test('removing ranges leaves exactly the other bytes, and returns what was removed', () => {
  const holes = fc
    .array(fc.record({ offset: fc.integer({ min: 0, max: SIZE }), length: fc.integer({ min: 1, max: 9 }) }), {
      maxLength: 5,
    })
    .map((list) => {
      const sorted: ByteRange[] = [];
      for (const range of list.sort((a, b) => a.offset - b.offset)) {
        const last = sorted.at(-1);
        if (last === undefined || last.offset + last.length <= range.offset) sorted.push(range);
      }
      return sorted;
    });
  fc.assert(
    fc.property(segmentLists, holes, (list, ranges) => {
      const segments = arrange(list);
      const { kept, removed } = without(segments, ranges);
      const isHole = (at: number) => ranges.some(({ offset, length }) => at >= offset && at < offset + length);
      const before = painted(segments);
      expect(painted(kept)).toEqual(before.map((byte, at) => (isHole(at) ? -1 : byte)));
      const gone = new Set(removed.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i)));
      expect([...gone]).toEqual(before.flatMap((byte, at) => (byte >= 0 && isHole(at) ? [at] : [])));
    }),
  );
});

test('ranges that touch are one range', () => {
  expect(
    rangesOf([
      { offset: 0, length: 4 },
      { offset: 4, length: 4 },
      { offset: 9, length: 1 },
    ]),
  ).toEqual([
    { offset: 0, length: 8 },
    { offset: 9, length: 1 },
  ]);
});
