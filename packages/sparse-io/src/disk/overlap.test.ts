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

  test('a range of a partition is at its offset on the disk, and ends with the partition', () => {
    const range = { path: '/dev/sda2', offset: 2 * MIB, length: 3 * MIB };
    const on = (offset: number, length: number) => ({ path: '/dev/sda', offset, length });
    expect(overlapOf(range, on(51 * MIB, MIB), disks)).toBeUndefined();
    expect(overlapOf(range, on(51 * MIB, MIB + 1), disks)).toBe('overlap');
    expect(overlapOf(range, on(55 * MIB - 1, 1), disks)).toBe('overlap');
    expect(overlapOf(range, on(55 * MIB, MIB), disks)).toBeUndefined();
    expect(overlapOf({ path: '/dev/sda1' }, on(50 * MIB - 1, 1), disks)).toBe('overlap');
    expect(
      overlapOf({ path: '/dev/sda1', offset: 40 * MIB, length: 99 * MIB }, on(50 * MIB, MIB), disks),
    ).toBeUndefined();
  });

  test('a loop device ends with its size, and begins at its offset in the file', () => {
    const loop = { path: '/dev/loop0' };
    const end = MIB + 4096 * 512;
    expect(overlapOf(loop, { path: '/img', offset: end - 1, length: 5 }, disks)).toBe('overlap');
    expect(overlapOf(loop, { path: '/img', offset: end, length: 5 }, disks)).toBeUndefined();
    expect(overlapOf({ ...loop, offset: 10, length: 1 }, { path: '/img', offset: MIB + 10, length: 1 }, disks)).toBe(
      'overlap',
    );
    expect(
      overlapOf({ ...loop, offset: 10, length: 1 }, { path: '/img', offset: MIB + 9, length: 1 }, disks),
    ).toBeUndefined();
  });

  test('a loop device on a device that does not exist overlaps only itself', () => {
    const view: DiskView = {
      ...disks,
      readText: (path) => (path.endsWith('7:1/loop/backing_file') ? '/dev/missing' : disks.readText(path)),
    };
    expect(overlapOf({ path: '/dev/loop1' }, { path: '/dev/sda1' }, view)).toBeUndefined();
    expect(overlapOf({ path: '/dev/loop1' }, { path: '/dev/loop1' }, view)).toBe('same');
  });

  test('a text in sysfs that is not a number counts as missing', () => {
    const view: DiskView = {
      ...disks,
      readText: (path) => (path.endsWith('8:1/start') ? '2048 ' : disks.readText(path)),
    };
    expect(overlapOf({ path: '/dev/sda1' }, { path: '/dev/sda' }, view)).toBeUndefined();
  });

  test('twelve devices on top of each other are followed, and no more', () => {
    /** Loop devices 0, 1, 2 ..., each on the next one. */
    const view: DiskView = {
      identify: (path) => device(7, Number(path.slice(9))),
      readText: (path) => {
        const found = /7:(\d+)\/(size|loop\/backing_file)$/.exec(path);
        if (found === null) return undefined;
        return found[2] === 'size' ? '100' : `/dev/loop${Number(found[1]) + 1}`;
      },
      list: () => [],
    };
    const overlap = (index: number) => overlapOf({ path: '/dev/loop0' }, { path: `/dev/loop${index}` }, view);
    // Both sides are followed: loop 0 to 12, and the other one further on; 12 is in both.
    expect(overlap(12)).toBe('overlap');
    expect(overlap(13)).toBeUndefined();
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
