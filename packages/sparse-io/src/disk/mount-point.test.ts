import { mountPoints, unescapeOctal } from './mount-point.ts';

test('mount points are the fifth field, with blanks restored', () => {
  const text =
    '21 26 0:19 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n' +
    '36 35 98:0 /a\\040b /mnt/a\\040b\\134c rw,noatime - ext4 /dev/root rw\n';
  expect([...mountPoints(text)]).toEqual(['/sys', '/mnt/a b\\c']);
});

test('only three octal digits are an escape', () => {
  expect(unescapeOctal('\\011\\0111\\9\\08')).toBe('\t\t1\\9\\08');
});
