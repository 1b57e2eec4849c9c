import { bitmapLength, decodeBitmap } from './bitmap-entry.ts';

/** A bitmap directory entry, by the offsets of qcow2.rst, "Bitmap directory". */
function entryOf({ flags = 0, granularityBits = 16, name = 'b0', extra = 0 }): Uint8Array {
  const text = new TextEncoder().encode(name);
  const bytes = new Uint8Array(24 + extra + text.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, 0x1_0000_0000n);
  view.setUint32(8, 5);
  view.setUint32(12, flags);
  view.setUint8(16, 1);
  view.setUint8(17, granularityBits);
  view.setUint16(18, text.length);
  view.setUint32(20, extra);
  bytes.set(text, 24 + extra);
  return bytes;
}

test.each([
  [0, { isInUse: false, isAuto: false }],
  [1, { isInUse: true, isAuto: false }],
  [2, { isInUse: false, isAuto: true }],
  [3, { isInUse: true, isAuto: true }],
  [4, { isInUse: false, isAuto: false }],
])('flags %d are %j', (flags, expected) => {
  const entry = entryOf({ flags, extra: 12, name: 'größe' });
  expect(bitmapLength(new DataView(entry.buffer))).toBe(entry.length);
  expect(decodeBitmap(entry, 0)).toEqual({
    name: 'größe',
    granularity: 65_536,
    tableOffset: 2 ** 32,
    tableEntries: 5,
    ...expected,
  });
});

test('granularities of 2^9 to 2^31 and names of 1 to 1023 bytes are valid', () => {
  const isValid = (options: Parameters<typeof entryOf>[0]) => {
    try {
      decodeBitmap(entryOf(options), 4);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'QCOW2_CORRUPT', message: expect.stringContaining('of bitmap 4 is not') });
      return false;
    }
  };
  expect([8, 9, 31, 32].map((granularityBits) => isValid({ granularityBits }))).toEqual([false, true, true, false]);
  expect([0, 1, 1023, 1024].map((length) => isValid({ name: 'x'.repeat(length) }))).toEqual([false, true, true, false]);
});
