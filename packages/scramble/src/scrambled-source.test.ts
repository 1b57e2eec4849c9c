import type { Source, SourceExtent } from '@e2image/ext-core';
import { BlockSet } from '@e2image/ext-core/walk';
import fc from 'fast-check';
import { scrambledSource } from './scrambled-source.ts';

const BLOCK = 16;
/** Adds 100 to each byte, and notes which blocks it was given. */
function recorder() {
  const given: [first: number, count: number][] = [];
  const transform = (bytes: Uint8Array, offset: number): void => {
    given.push([offset / BLOCK, bytes.length / BLOCK]);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) + 100;
  };
  return { given, scrambler: { transform } };
}

function memory(size: number, extents?: readonly SourceExtent[]): Source {
  return {
    size,
    readAt: (into, offset) => {
      if (offset + into.length > size) throw new RangeError('past the end');
      for (let at = 0; at < into.length; at++) into[at] = (offset + at) % 100;
    },
    ...(extents && {
      extentAt: (offset) => {
        const found = extents.find((one) => offset >= one.offset && offset < one.offset + one.length);
        if (found === undefined) throw new RangeError('past the end');
        return { ...found, offset, length: found.offset + found.length - offset };
      },
    }),
  };
}

const zeroedSet = (...runs: readonly (readonly [start: number, count: number])[]): BlockSet => {
  const set = new BlockSet();
  for (const [start, count] of runs) set.add(start, count);
  return set;
};

function sourceOf(size: number, extents?: readonly SourceExtent[], zeroed = zeroedSet()) {
  const { given, scrambler } = recorder();
  return { given, source: scrambledSource(memory(size, extents), { scrambler, blockSize: BLOCK, zeroed }) };
}

describe('a read of a scrambled source', () => {
  test('of whole blocks is transformed where it was read', () => {
    const { given, source } = sourceOf(64);
    const into = new Uint8Array(32);
    source.readAt(into, 16);
    expect(given).toEqual([[1, 2]]);
    expect([...into]).toEqual(Array.from({ length: 32 }, (_, at) => 116 + at));
    expect(source.size).toBe(64);
  });

  test.each([
    [20, 4, 1, 1],
    [16, 4, 1, 1],
    [20, 12, 1, 1],
    [20, 13, 1, 2],
    [31, 2, 1, 2],
    [0, 1, 0, 1],
    [17, 32, 1, 3],
  ])('of part of a block transforms the whole one: %i, %i bytes', (offset, length, first, count) => {
    const { given, source } = sourceOf(64);
    const into = new Uint8Array(length);
    source.readAt(into, offset);
    expect(given).toEqual([[first, count]]);
    expect([...into]).toEqual(Array.from({ length }, (_, at) => 100 + offset + at));
  });

  test('of the last block, which the source has in part, takes the rest as zeros', () => {
    const { given, source } = sourceOf(58);
    const into = new Uint8Array(10);
    source.readAt(into, 48);
    expect(given).toEqual([[3, 1]]);
    expect([...into]).toEqual(Array.from({ length: 10 }, (_, at) => 148 + at));
  });

  test('of any piece is a piece of the whole', () => {
    const { source } = sourceOf(90);
    fc.assert(
      fc.property(fc.nat(89), fc.nat(90), (from, length) => {
        const into = new Uint8Array(Math.min(length, 90 - from));
        source.readAt(into, from);
        expect([...into]).toEqual(Array.from(into, (_, at) => 100 + from + at));
      }),
    );
  });
});

describe('an extent of a scrambled source', () => {
  const EXTENTS: readonly SourceExtent[] = [
    { kind: 'data', offset: 0, length: 20 },
    { kind: 'hole', offset: 20, length: 60 },
    { kind: 'data', offset: 80, length: 16 },
    { kind: 'hole', offset: 96, length: 24 },
  ];

  /** All extents, one after the other. */
  function extentsOf(source: Source): string {
    let text = '';
    for (let offset = 0; offset < source.size; ) {
      const extent = source.extentAt?.(offset);
      if (extent?.offset !== offset || extent.length <= 0) throw new Error(`at ${offset}: ${JSON.stringify(extent)}`);
      text += `${extent.kind} ${extent.length}, `;
      offset += extent.length;
    }
    return text;
  }

  test('is a hole where whole blocks of the source are, and data elsewhere', () => {
    expect(extentsOf(sourceOf(120, EXTENTS).source)).toBe('data 32, hole 48, data 16, hole 24, ');
  });

  test('begins where it is asked for', () => {
    const { source } = sourceOf(120, EXTENTS);
    expect(source.extentAt?.(25)).toEqual({ kind: 'data', offset: 25, length: 7 });
    expect(source.extentAt?.(32)).toEqual({ kind: 'hole', offset: 32, length: 48 });
    expect(source.extentAt?.(40)).toEqual({ kind: 'data', offset: 40, length: 8 });
  });

  test('is data up to the end where the source knows no extents', () => {
    expect(extentsOf(sourceOf(120).source)).toBe('data 120, ');
  });

  test('is a hole of a part of a block only where the source ends', () => {
    const short: readonly SourceExtent[] = [
      { kind: 'hole', offset: 0, length: 10 },
      { kind: 'data', offset: 10, length: 6 },
      { kind: 'hole', offset: 16, length: 5 },
    ];
    expect(extentsOf(sourceOf(21, short).source)).toBe('data 16, hole 5, ');
  });

  test('of data ends with its last block, and with the source', () => {
    const odd: readonly SourceExtent[] = [
      { kind: 'data', offset: 0, length: 50 },
      { kind: 'hole', offset: 50, length: 40 },
      { kind: 'data', offset: 90, length: 5 },
    ];
    expect(extentsOf(sourceOf(95, odd).source)).toBe('data 64, hole 16, data 15, ');
  });

  test('is a hole where blocks become zeros, whatever the source has there', () => {
    const zeroed = zeroedSet([1, 1], [4, 2]);
    expect(extentsOf(sourceOf(120, undefined, zeroed).source)).toBe('data 16, hole 16, data 32, hole 32, data 24, ');
    expect(sourceOf(120, EXTENTS, zeroed).source.extentAt?.(20)).toEqual({ kind: 'hole', offset: 20, length: 12 });
    expect(extentsOf(sourceOf(120, EXTENTS, zeroed).source)).toBe('data 16, hole 16, hole 32, hole 32, hole 24, ');
  });

  test('of blocks that become zeros ends with the source', () => {
    expect(extentsOf(sourceOf(70, undefined, zeroedSet([4, 3])).source)).toBe('data 64, hole 6, ');
  });
});
