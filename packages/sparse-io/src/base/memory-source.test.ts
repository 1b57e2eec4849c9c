import fc from 'fast-check';
import { memorySource } from './memory-source.ts';

describe('memorySource', () => {
  test('reads the bytes at the offset, or reports which are missing', () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, at) => at + 1);
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 12 }), (offset, length) => {
        const source = memorySource(bytes);
        const into = new Uint8Array(length);
        const expected = bytes.subarray(offset, offset + length);
        if (expected.length === length) {
          source.readAt(into, offset);
        } else {
          const detail = { offset: offset + expected.length, length: length - expected.length };
          expect(() => source.readAt(into, offset)).toThrow(
            expect.objectContaining({ code: 'SPARSE_SHORT_READ', detail, message: 'the source ends at byte 20' }),
          );
        }
        expect(into.subarray(0, expected.length)).toEqual(expected);
        expect(into.subarray(expected.length).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  test('shows later changes of the array', () => {
    const bytes = new Uint8Array(4);
    const source = memorySource(bytes);
    bytes[2] = 9;
    const into = new Uint8Array(1);
    source.readAt(into, 2);
    expect([source.size, ...into]).toEqual([4, 9]);
  });
});
