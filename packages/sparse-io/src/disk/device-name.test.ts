import { deviceName } from './device-name.ts';

test.each([
  [0x103, '1:3'],
  [0x801, '8:1'],
  [7 * 256 + 200, '7:200'],
  // minor 256 + 5 and major 259: the minor's upper bits are above the major (gnu_dev_makedev(3))
  [(259 & 0xfff) * 256 + 5 + 2 ** 20, '259:261'],
  // major 4096 + 1: bits above 12 are in the upper half
  [1 * 256 + 2 + 4096 * 2 ** 32, '4097:2'],
  // minor with bit 20 set
  [8 * 256 + 2 ** 32, `8:${2 ** 20}`],
])('device number %d is %s', (rdev, name) => {
  expect(deviceName(rdev)).toBe(name);
});
