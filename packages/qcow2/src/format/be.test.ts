import fc from 'fast-check';
import { getU64, joinU64, setU64, viewOf } from './be.ts';
import { headerLayout } from './header.ts';

describe('headerLayout', () => {
  test('covers bytes 0 to 105 with no gap and no overlap', () => {
    let end = 0;
    for (const field of Object.values(headerLayout).sort((a, b) => a.offset - b.offset)) {
      expect(field.offset).toBe(end);
      end += field.size;
    }
    expect(end).toBe(105);
  });

  test('every field reads back what was written, and touches nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(headerLayout)), fc.maxSafeNat(), (field, raw) => {
        const value = raw % 256 ** Math.min(field.size, 7);
        const bytes = new Uint8Array(112);
        const view = viewOf(bytes);
        field.set(view, 0, value);
        expect(field.get(view, 0)).toBe(value);
        bytes.fill(0, field.offset, field.offset + field.size);
        expect(bytes.every((byte) => byte === 0)).toBe(true);
      }),
    );
  });
});

describe('64-bit values', () => {
  test('are big-endian and exact to 2^53 - 1', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const view = new DataView(new ArrayBuffer(8));
        setU64(view, 0, value);
        expect(view.getBigUint64(0)).toBe(BigInt(value));
        expect(getU64(view, 0)).toBe(value);
      }),
    );
  });

  test('above 2^53 - 1 are refused', () => {
    expect(joinU64(0x1f_ffff, 0xffff_ffff)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => joinU64(0x20_0000, 0)).toThrow(expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }));
  });
});
