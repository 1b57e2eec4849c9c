import fc from 'fast-check';
import { safeU64, u64, viewOf } from './field.ts';

describe('64-bit values', () => {
  test('are big-endian and exact to 2^53 - 1', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 8 }), (value, base) => {
        const view = new DataView(new ArrayBuffer(20));
        u64(4).set(view, base, value);
        expect(view.getBigUint64(base + 4)).toBe(BigInt(value));
        expect(u64(4).get(view, base)).toBe(value);
      }),
    );
  });

  test('above 2^53 - 1 are refused, and the message names the value', () => {
    expect(safeU64(0x1f_ffff, 0xffff_ffff)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => safeU64(0x20_0000, 1)).toThrow(
      expect.objectContaining({ code: 'QCOW2_TOO_LARGE', message: 'value 0x20000000000001 exceeds 2^53 - 1' }),
    );
  });
});

test('viewOf shows the bytes of a part of a buffer, and no others', () => {
  const view = viewOf(Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
  expect([view.byteLength, view.getUint8(0), view.getUint8(1)]).toEqual([2, 2, 3]);
});
