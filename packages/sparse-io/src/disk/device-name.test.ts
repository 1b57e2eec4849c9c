import { deviceName, sizeBySysfs } from './device-name.ts';
import { realDisks } from './disk-view.ts';

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

test('a device number that no disk has gives no size', () => {
  expect(sizeBySysfs(0xfff * 256 + 255)).toBeUndefined();
});

/** A disk of this machine in sysfs; the size in bytes is read there in another way. */
const sectorsOf = (name: string): number => Number(realDisks.readText(`/sys/dev/block/${name}/size`));
const disk = realDisks.list('/sys/dev/block').find((name) => sectorsOf(name) > 0) ?? '';

(disk === '' ? test.skip : test)(
  'the size of a disk is that of its sectors of 512 bytes (needs a disk in sysfs)',
  () => {
    const [major = 0, minor = 0] = disk.split(':').map(Number);
    const rdev = (minor & 0xff) + (major & 0xfff) * 256 + (minor - (minor & 0xff)) * 2 ** 12;
    expect(deviceName(rdev)).toBe(disk);
    expect(sizeBySysfs(rdev)).toBe(512 * sectorsOf(disk));
  },
);
