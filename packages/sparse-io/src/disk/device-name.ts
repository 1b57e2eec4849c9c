import { readFileSync } from 'node:fs';
import { SECTOR } from '../base/sector.ts';

/** `MAJOR:MINOR` of a device number as stat(2) returns it, the name of its folder in /sys/dev/block. Source: gnu_dev_major(3). */
export function deviceName(rdev: number): string {
  const high = Math.floor(rdev / 0x1_0000_0000);
  const low = rdev % 0x1_0000_0000;
  const major = ((low >>> 8) & 0xfff) + (high - (high % 0x1000));
  const minor = (low & 0xff) + (low >>> 20) * 0x100 + (high % 0x1000) * 0x10_0000;
  return `${major}:${minor}`;
}

/** Bytes of a block device by /sys/dev/block; undefined where sysfs has no such device. */
export function sizeBySysfs(rdev: number): number | undefined {
  try {
    const sectors = Number(readFileSync(`/sys/dev/block/${deviceName(rdev)}/size`, 'latin1'));
    return Number.isSafeInteger(sectors * SECTOR) ? sectors * SECTOR : undefined;
  } catch {
    return undefined;
  }
}
