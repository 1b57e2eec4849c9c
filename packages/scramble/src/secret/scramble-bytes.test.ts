import fc from 'fast-check';
import { renewChecksum } from './checksum-renewal.ts';
import { KeyedHash } from './keyed-hash.ts';
import { scrambleBytes } from './scramble-bytes.ts';

test('bytes without structure become others; zeros stay zeros, and no other byte becomes one', () => {
  const hash = new KeyedHash(new Uint8Array(16).fill(9));
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(199), (bytes, cut) => {
      const from = Math.min(cut, bytes.length);
      const before = bytes.slice();
      scrambleBytes(hash, bytes, from, bytes.length);
      expect(bytes.subarray(0, from)).toEqual(before.subarray(0, from));
      expect([...bytes].map((byte) => byte === 0)).toEqual([...before].map((byte) => byte === 0));
      const again = before.slice();
      scrambleBytes(hash, again, from, again.length);
      expect(again).toEqual(bytes);
    }),
  );
});

test.each([
  ['a right one is right afterwards', 5, 5, 9, 9],
  ['none stays none', 0, 5, 9, 0],
  ['one that is right because it is zero follows', 0, 0, 9, 9],
])('a checksum is renewed: %s', (_name, stored, before, after, expected) => {
  expect(renewChecksum(stored, before, after)).toBe(expected);
});

test('a wrong checksum is wrong afterwards, and not the old one', () => {
  const renewed = renewChecksum(0x1234, 0x5678, 0x9abc, 0xffff);
  expect([0x9abc, 0x1234]).not.toContain(renewed);
  expect(renewed).toBeLessThan(0x1_0000);
});
