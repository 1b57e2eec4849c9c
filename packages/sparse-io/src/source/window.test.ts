import fc from 'fast-check';
import type { Source } from '../base/source.ts';
import { memorySource } from '../testing.ts';
import { windowOf } from './window.ts';

const BYTES = Uint8Array.from({ length: 64 }, (_, at) => at);

describe('windowOf', () => {
  test('byte n of a window is byte offset + n of its source, and reads past its end fail', () => {
    fc.assert(
      fc.property(fc.nat(70), fc.nat(70), fc.nat(70), fc.integer({ min: 1, max: 20 }), (offset, length, at, count) => {
        const window = windowOf(memorySource(BYTES), offset, length);
        const expected = BYTES.subarray(offset, offset + length).subarray(at, at + count);
        const into = new Uint8Array(count);
        if (expected.length === count) {
          window.readAt(into, at);
          expect(into).toEqual(expected);
        } else {
          const detail = { offset: Math.max(at, window.size), length: count - expected.length };
          expect(() => window.readAt(into, at)).toThrow(expect.objectContaining({ code: 'SPARSE_SHORT_READ', detail }));
          expect(into.subarray(0, expected.length)).toEqual(expected);
        }
      }),
    );
  });

  test('holes are reported by offsets of the window and end with it', () => {
    const source: Source = {
      ...memorySource(BYTES),
      extentAt: (offset) =>
        offset < 32 ? { kind: 'hole', offset, length: 32 - offset } : { kind: 'data', offset, length: 64 - offset },
    };
    const window = windowOf(source, 16, 20);
    expect([window.extentAt?.(4), window.extentAt?.(16)]).toEqual([
      { kind: 'hole', offset: 4, length: 12 },
      { kind: 'data', offset: 16, length: 4 },
    ]);
  });

  test('the file of the source is the file of the window, with the offset added to its base', () => {
    expect(windowOf({ ...memorySource(BYTES), file: { fd: 9, base: 100 } }, 7).file).toEqual({ fd: 9, base: 107 });
    expect('file' in windowOf(memorySource(BYTES), 7)).toBe(false);
  });
});
