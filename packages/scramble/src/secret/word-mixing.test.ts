import { mix32, rotl } from './word-mixing.ts';

test('mix32 is fmix32 of MurmurHash3', () => {
  expect([0, 1, 2, 0xffff_ffff].map((value) => mix32(value) >>> 0)).toEqual([0, 0x514e_28b7, 0x30f4_c306, 0x81f1_6f39]);
});

test('rotl moves the upper bits to the lower end', () => {
  expect(rotl(0x8000_0001, 1)).toBe(3);
  expect(rotl(0x1234_5678, 8) >>> 0).toBe(0x3456_7812);
  expect(rotl(1, 31) >>> 0).toBe(0x8000_0000);
});
