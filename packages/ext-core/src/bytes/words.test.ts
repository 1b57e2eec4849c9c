import { IS_LITTLE_ENDIAN, wordOf } from './words.ts';

test('a field is in the word that contains its first byte', () => {
  expect([0, 2, 4, 7, 8].map((offset) => wordOf({ offset }))).toEqual([0, 0, 1, 1, 2]);
});

test('the order of bytes is that of the machine', () => {
  const view = new DataView(Uint32Array.of(0x0102_0304).buffer);
  expect(view.getUint32(0, IS_LITTLE_ENDIAN)).toBe(0x0102_0304);
});
