import type { DiskView, FileIdentity } from './disk-view.ts';
import { overlapOf } from './overlap.ts';

const MIB = 2 ** 20;
const file = (ino: number): FileIdentity => ({ kind: 'file', dev: 1, ino, rdev: 0 });
const device = (major: number, minor: number): FileIdentity => ({
  kind: 'block-device',
  dev: 5,
  ino: 1,
  rdev: major * 256 + minor,
});

/** A disk 8:0 of 100 MiB with partitions at 1 and 50 MiB, a loop device on a file, two dm volumes on partition 2. */
const PATHS: Record<string, FileIdentity> = {
  '/img': file(7),
  '/hard-link': file(7),
  '/other': file(8),
  '/dev/sda': device(8, 0),
  '/dev/sda1': device(8, 1),
  '/dev/sda2': device(8, 2),
  '/dev/loop0': device(7, 0),
  '/dev/loop1': device(7, 1),
  '/dev/dm-0': device(253, 0),
  '/dev/dm-1': device(253, 1),
  '/dev/circle': device(9, 9),
  '/fifo': { kind: 'other', dev: 1, ino: 9, rdev: 0 },
};
const SYSFS: Record<string, string> = {
  '8:0/size': `${(100 * MIB) / 512}`,
  '8:1/size': `${(49 * MIB) / 512}`,
  '8:1/start': `${MIB / 512}`,
  '8:1/partition': '1',
  '8:1/../dev': '8:0',
  '8:2/size': `${(50 * MIB) / 512}`,
  '8:2/start': `${(50 * MIB) / 512}`,
  '8:2/partition': '2',
  '8:2/../dev': '8:0',
  '7:0/size': '4096',
  '7:0/loop/backing_file': '/img',
  '7:0/loop/offset': `${MIB}`,
  '7:1/size': '4096',
  '7:1/loop/backing_file': '/dev/sda1',
  '253:0/slaves/sda2/dev': '8:2',
  '253:1/slaves/sda2/dev': '8:2',
  '9:9/slaves/self/dev': '9:9',
};
const disks: DiskView = {
  identify: (path) => PATHS[path],
  readText: (path) => SYSFS[path.replace('/sys/dev/block/', '')],
  list: (path) => {
    const prefix = `${path.replace('/sys/dev/block/', '')}/`;
    return Object.keys(SYSFS).flatMap((key) =>
      key.startsWith(prefix) ? [key.slice(prefix.length).split('/')[0] ?? ''] : [],
    );
  },
};

describe('overlapOf', () => {
  test.each([
    ['/img', '/img', 'same'],
    ['/img', '/hard-link', 'same'],
    ['/img', '/other', undefined],
    ['/img', '/missing', undefined],
    ['/fifo', '/fifo', undefined],
    ['/dev/sda', '/dev/sda', 'same'],
    ['/dev/sda', '/dev/sda1', 'overlap'],
    ['/dev/sda2', '/dev/sda', 'overlap'],
    ['/dev/sda1', '/dev/sda2', undefined],
    ['/dev/loop0', '/img', 'overlap'],
    ['/dev/loop0', '/other', undefined],
    ['/dev/loop1', '/dev/sda1', 'overlap'],
    ['/dev/loop1', '/dev/sda', 'overlap'],
    ['/dev/loop1', '/dev/sda2', undefined],
    ['/dev/dm-0', '/dev/sda2', 'overlap'],
    ['/dev/dm-0', '/dev/sda', 'overlap'],
    ['/dev/dm-0', '/dev/sda1', undefined],
    ['/dev/dm-0', '/dev/dm-1', undefined],
    ['/dev/circle', '/dev/circle', 'same'],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(overlapOf({ path: a }, { path: b }, disks)).toBe(expected);
    expect(overlapOf({ path: b }, { path: a }, disks)).toBe(expected);
  });

  test('ranges of one file that do not touch are disjoint', () => {
    const low = { path: '/img', offset: 0, length: MIB };
    expect(overlapOf(low, { path: '/hard-link', offset: MIB, length: MIB }, disks)).toBeUndefined();
    expect(overlapOf(low, { path: '/hard-link', offset: MIB - 1, length: MIB }, disks)).toBe('same');
  });

  test('a range of a disk overlaps the partition at that offset, and no other', () => {
    const range = { path: '/dev/sda', offset: 49 * MIB, length: 2 * MIB };
    expect(overlapOf(range, { path: '/dev/sda1' }, disks)).toBe('overlap');
    expect(overlapOf({ ...range, offset: 60 * MIB }, { path: '/dev/sda1' }, disks)).toBeUndefined();
  });

  test('the bytes of a file before a loop device starts are not its own', () => {
    expect(overlapOf({ path: '/img', length: MIB }, { path: '/dev/loop0' }, disks)).toBeUndefined();
    expect(overlapOf({ path: '/img', length: MIB + 1 }, { path: '/dev/loop0' }, disks)).toBe('overlap');
  });
});
