import fc from 'fast-check';
import { isZero, ZEROS } from './zero.ts';

describe('isZero', () => {
  test.each([0, 1, 4096, ZEROS.length, ZEROS.length + 1, 3 * ZEROS.length])('%d zeros are zero', (length) => {
    expect(isZero(new Uint8Array(length))).toBe(true);
  });

  test('one other byte anywhere makes it false', () => {
    const bytes = new Uint8Array(ZEROS.length + 5000);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, value) => {
        bytes[at] = value;
        const answer = isZero(bytes);
        bytes[at] = 0;
        return answer === false;
      }),
    );
  });

  test('only the bytes of a view count, not those around it', () => {
    const bytes = new Uint8Array(48).fill(1);
    bytes.fill(0, 16, 32);
    expect([isZero(bytes.subarray(16, 32)), isZero(bytes.subarray(15, 32)), isZero(bytes.subarray(16, 33))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
