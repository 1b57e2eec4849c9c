import type { Source, SourceExtent } from '@e2image/qcow2';
import fc from 'fast-check';
import { firstDifference } from './first-difference.ts';

const BLOCK = 16;
/** Bytes that are compared at once. */
const UNIT = 256 * 1024;

/** A disk of blocks of 16 bytes: each is a hole, or full of one byte. It records the offsets that are read. */
function diskOf(blocks: readonly ('hole' | number)[]): Source & { readonly reads: number[] } {
  const reads: number[] = [];
  const valueAt = (offset: number): number => {
    const value = blocks[Math.floor(offset / BLOCK)];
    return value === undefined || value === 'hole' ? 0 : value;
  };
  return {
    reads,
    size: blocks.length * BLOCK,
    readAt(into, offset) {
      reads.push(offset);
      into.forEach((_, index) => {
        into[index] = valueAt(offset + index);
      });
    },
    extentAt(offset): SourceExtent {
      const start = Math.floor(offset / BLOCK);
      const kind = blocks[start] === 'hole' ? 'hole' : 'data';
      return { kind, offset, length: (start + 1) * BLOCK - offset };
    },
  };
}

const bytesOf = (blocks: readonly ('hole' | number)[], size: number): number[] =>
  Array.from({ length: size }, (_, index) => {
    const value = blocks[Math.floor(index / BLOCK)];
    return value === undefined || value === 'hole' ? 0 : value;
  });

const blockLists = fc.array(fc.constantFrom<'hole' | number>('hole', 0, 1, 2), { maxLength: 6 });

describe('firstDifference', () => {
  test('is the first byte that differs; the shorter disk is followed by zeros', () => {
    fc.assert(
      fc.property(blockLists, blockLists, (left, right) => {
        const size = Math.max(left.length, right.length) * BLOCK;
        const [a, b] = [bytesOf(left, size), bytesOf(right, size)];
        const offset = a.findIndex((byte, index) => byte !== b[index]);
        expect(firstDifference(diskOf(left), diskOf(right), { isStrict: false })).toEqual(
          offset < 0 ? undefined : { kind: 'content', offset },
        );
      }),
    );
  });

  test('a hole against stored zeros counts only when it is strict', () => {
    const [a, b] = [diskOf([1, 'hole', 2]), diskOf([1, 0, 2])];
    expect(firstDifference(a, b, { isStrict: false })).toBeUndefined();
    expect(firstDifference(a, b, { isStrict: true })).toEqual({ kind: 'status', offset: BLOCK });
  });

  test('ranges that are holes in both are not read', () => {
    const [a, b] = [diskOf(['hole', 1, 'hole']), diskOf(['hole', 1, 'hole'])];
    expect(firstDifference(a, b, { isStrict: true })).toBeUndefined();
    expect([a.reads, b.reads]).toEqual([[BLOCK], [BLOCK]]);
  });

  test('a difference past the first unit has its own offset', () => {
    const at = UNIT + 77;
    const source = (byte: number): Source => ({
      size: UNIT * 2,
      readAt(into, offset) {
        into.fill(0);
        if (at >= offset && at < offset + into.length) into[at - offset] = byte;
      },
    });
    expect(firstDifference(source(1), source(1), { isStrict: false })).toBeUndefined();
    expect(firstDifference(source(1), source(2), { isStrict: false })).toEqual({ kind: 'content', offset: at });
  });
});
