import fc from 'fast-check';
import { type ByteRange, rangesOverlap } from './byte-range.ts';

const ranges = fc.record({ offset: fc.nat(12), length: fc.integer({ min: 1, max: 6 }) });
const bytesOf = ({ offset, length }: ByteRange): number[] => Array.from({ length }, (_, index) => offset + index);

describe('rangesOverlap', () => {
  test('is true exactly where a byte is in both ranges, in either order', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const isShared = bytesOf(a).some((byte) => bytesOf(b).includes(byte));
        expect([rangesOverlap(a, b), rangesOverlap(b, a)]).toEqual([isShared, isShared]);
      }),
    );
  });

  test('a range without an end overlaps everything after its first byte', () => {
    const endless = { offset: 100, length: Infinity };
    expect(rangesOverlap(endless, { offset: 2 ** 50, length: 1 })).toBe(true);
    expect(rangesOverlap(endless, { offset: 99, length: 1 })).toBe(false);
  });
});
