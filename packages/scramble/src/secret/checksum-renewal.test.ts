import { renewChecksum } from './checksum-renewal.ts';

test.each([
  ['a right one is right afterwards', 5, 5, 9, 9],
  ['an absent one stays absent', 0, 5, 9, 0],
  ['one that is right because it is zero follows', 0, 0, 9, 9],
])('a checksum is renewed: %s', (_name, stored, before, after, expected) => {
  expect(renewChecksum(stored, before, after)).toBe(expected);
});

test('a wrong checksum is wrong afterwards, and not the old one', () => {
  const renewed = renewChecksum(0x1234, 0x5678, 0x9abc, 0xffff);
  expect([0x9abc, 0x1234]).not.toContain(renewed);
  expect(renewed).toBeLessThan(0x1_0000);
  expect(renewed).toBeGreaterThan(0);
});

test('a checksum is cut to the bits that are stored, and never negative', () => {
  expect(renewChecksum(5, 5, 0x1234_9abc, 0xffff)).toBe(0x9abc);
  expect(renewChecksum(5, 5, 0xf234_9abc)).toBe(0xf234_9abc);
  expect(renewChecksum(1, 5, 0xf234_9abc)).toBeGreaterThan(0);
  expect(renewChecksum(1, 5, 0xf234_9abc)).not.toBe(0xf234_9abc);
  expect(renewChecksum(1, 5, 0x7234_9abc)).toBeGreaterThan(0);
});
