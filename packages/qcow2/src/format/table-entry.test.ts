import fc from 'fast-check';
import {
  COMPRESSED_HI,
  COPIED_HI,
  compressedRange,
  entryOffset,
  isCompressedValid,
  setCompressedEntry,
  setEntry,
  ZERO_LO,
} from './table-entry.ts';

const halves = (view: DataView): [number, number] => [view.getUint32(0), view.getUint32(4)];

describe('standard entries', () => {
  test('keep offset and flags apart', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.nat(2 ** 12), fc.boolean(), fc.boolean(), (low, high, copied, zero) => {
        const offset = (high * 2 ** 31 + low) * 512;
        const view = new DataView(new ArrayBuffer(8));
        setEntry(view, 0, offset, copied ? COPIED_HI : 0, zero ? ZERO_LO : 0);
        expect(view.getBigUint64(0)).toBe(BigInt(offset) | (copied ? 1n << 63n : 0n) | (zero ? 1n : 0n));
        expect(entryOffset(...halves(view))).toBe(offset);
      }),
    );
  });
});

describe('compressed descriptors', () => {
  test('recompose offset and span for every cluster size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 9, max: 21 }), fc.maxSafeNat(), fc.nat(), (clusterBits, where, much) => {
        const offset = where % 2 ** Math.min(62 - (clusterBits - 8), 53);
        const length = 1 + (much % 2 ** clusterBits);
        const view = new DataView(new ArrayBuffer(8));
        setCompressedEntry(view, 0, { offset, length, clusterBits });
        const entry = view.getBigUint64(0);
        const x = 62n - (BigInt(clusterBits) - 8n);
        const sectors = (entry & ((1n << 62n) - 1n)) >> x;
        expect(entry >> 62n).toBe(1n);
        expect(entry & ((1n << x) - 1n)).toBe(BigInt(offset));
        const run = compressedRange(...halves(view), clusterBits);
        expect(run.offset).toBe(offset);
        expect(BigInt(run.length)).toBe((sectors + 1n) * 512n - (BigInt(offset) % 512n));
        expect(run.length).toBeGreaterThanOrEqual(length);
        expect(run.length - length).toBeLessThan(512);
        expect(isCompressedValid(view.getUint32(0), clusterBits)).toBe(true);
      }),
    );
  });

  test('with an offset bit above 55 are not valid', () => {
    expect(isCompressedValid(COMPRESSED_HI | (2 ** 24), 9)).toBe(false);
    expect(isCompressedValid(COMPRESSED_HI | (2 ** 24), 16)).toBe(true);
  });

  test('refuse what does not fit', () => {
    const view = new DataView(new ArrayBuffer(8));
    expect(() => setCompressedEntry(view, 0, { offset: 0, length: 1025, clusterBits: 9 })).toThrow(RangeError);
    expect(() => setCompressedEntry(view, 0, { offset: 2 ** 50, length: 1, clusterBits: 21 })).toThrow(RangeError);
  });
});
