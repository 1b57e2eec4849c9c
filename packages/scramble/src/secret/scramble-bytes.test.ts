import fc from 'fast-check';
import { KeyedHash } from './keyed-hash.ts';
import { clearBytes, isZero, scrambleBytes } from './scramble-bytes.ts';

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

test('bytes become others, none of them the same for all, by their content and its position', () => {
  const hash = new KeyedHash(new Uint8Array(16).fill(9));
  const scrambled = (bytes: Uint8Array, from = 0, to = bytes.length): Uint8Array => {
    const copy = bytes.slice();
    scrambleBytes(hash, copy, from, to);
    return copy;
  };
  const ones = scrambled(new Uint8Array(1000).fill(1));
  expect(new Set(ones).size).toBeGreaterThan(200);
  expect(ones.every((byte) => byte !== 0)).toBe(true);
  // The position counts from the start of the range, not of the buffer.
  expect(scrambled(new Uint8Array(1100).fill(1), 100).subarray(100)).toEqual(ones);
  expect(scrambled(new Uint8Array(1100).fill(1), 0, 1000).subarray(0, 1000)).toEqual(ones);
  expect(scrambled(new Uint8Array(1100).fill(1), 0, 1000)[1000]).toBe(1);
  expect(scrambled(new Uint8Array(1000).fill(2))).not.toEqual(ones);
});

test('zeros are not hashed', () => {
  const hash = new KeyedHash(new Uint8Array(16).fill(9));
  const { high, low } = hash;
  const bytes = Uint8Array.of(5, 0, 0, 5);
  scrambleBytes(hash, bytes, 1, 3);
  expect([hash.high, hash.low, ...bytes]).toEqual([high, low, 5, 0, 0, 5]);
});

test.each([0, 1, 16, 17, 40])('%i bytes are cleared, and their neighbours stay', (length) => {
  const bytes = new Uint8Array(60).fill(7);
  clearBytes(bytes, 5, 5 + length);
  expect([...bytes]).toEqual(Array.from({ length: 60 }, (_, at) => (at >= 5 && at < 5 + length ? 0 : 7)));
});

test('a range is zero when all of its bytes are, whatever its neighbours are', () => {
  const bytes = Uint8Array.of(1, 0, 0, 0, 1);
  expect(isZero(bytes, 1, 4)).toBe(true);
  expect(isZero(bytes, 0, 4)).toBe(false);
  expect(isZero(bytes, 1, 5)).toBe(false);
  expect(isZero(bytes, 2, 2)).toBe(true);
});
