import { crc16, crc32c, crc32cOfU32, crc32cOfU64 } from './crc.ts';

// That every range of any bytes gets the CRC of the bit-by-bit definition is tested with the checksums: checksum.test.ts.

/** The usual CRC32C: inverted before and after. */
const usual = (bytes: Uint8Array): number => (crc32c(0xffff_ffff, bytes) ^ 0xffff_ffff) >>> 0;

const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);

// Source: RFC 3720, appendix B.4.
test.each([
  ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
  ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
  ['32 bytes that ascend', ascending, 0x46dd_794e],
  ['32 bytes that descend', ascending.slice().reverse(), 0x113f_db5c],
])('the CRC32C of %s is that of RFC 3720', (_, bytes, expected) => {
  expect(usual(bytes)).toBe(expected);
});

// Source: catalogue of parametrised CRC algorithms, CRC-16/MODBUS and CRC-16/ARC.
test.each([
  [0xffff, 0x4b37],
  [0, 0xbb3d],
])('the CRC-16 of the digits 1 to 9 from seed %i has the check value of its algorithm', (seed, expected) => {
  expect(crc16(seed, new TextEncoder().encode('123456789'))).toBe(expected);
});

test('without bytes the seed is the result', () => {
  expect(crc32c(0xdead_beef, new Uint8Array(0))).toBe(0xdead_beef);
  expect(crc32c(0xdead_beef, ascending, 5, 5)).toBe(0xdead_beef);
  expect(crc16(0xbeef, new Uint8Array(0))).toBe(0xbeef);
  expect(crc16(0xbeef, ascending, 5, 5)).toBe(0xbeef);
});

test('a range ends before its last index, and the result is the seed of the next one', () => {
  const bytes = Uint8Array.from({ length: 700 }, (_, index) => (index % 300 < 200 ? 0 : index));
  for (const cut of [0, 1, 7, 8, 127, 128, 129, 256, 699, 700]) {
    expect(crc32c(crc32c(7, bytes, 0, cut), bytes, cut)).toBe(crc32c(7, bytes));
    expect(crc32c(7, bytes, 0, cut)).toBe(crc32c(7, bytes.slice(0, cut)));
    expect(crc16(crc16(7, bytes, 0, cut), bytes, cut)).toBe(crc16(7, bytes));
    expect(crc16(7, bytes, 0, cut)).toBe(crc16(7, bytes.slice(0, cut)));
  }
});

test.each([0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1])('the number %i counts as its bytes', (value) => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), true);
  const bytes = new Uint8Array(view.buffer);
  expect(crc32cOfU64(7, value)).toBe(crc32c(7, bytes));
  expect(crc32cOfU32(7, value % 2 ** 32)).toBe(crc32c(7, bytes, 0, 4));
});
