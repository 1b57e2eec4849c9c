import type { DiskView, FileIdentity } from '@e2image/sparse-io';
import { refuseOverlap } from './refuse-overlap.ts';

const file = (ino: number): FileIdentity => ({ kind: 'file', dev: 1, ino, rdev: 0 });
const disk = (minor: number): FileIdentity => ({ kind: 'block-device', dev: 5, ino: minor, rdev: 0x800 + minor });
const PATHS: Record<string, FileIdentity> = {
  a: file(1),
  link: file(1),
  b: file(2),
  'b\u001b[2J': file(2),
  '/dev/stdin': file(1),
  '/dev/stdout': file(2),
  '/dev/sda': disk(0),
  '/dev/sda1': disk(1),
};
/** /dev/sda1 is the partition of /dev/sda that begins at byte 1048576 and has as many bytes. */
const TEXTS: Record<string, string> = {
  '/sys/dev/block/8:0/size': '4096',
  '/sys/dev/block/8:1/size': '2048',
  '/sys/dev/block/8:1/start': '2048',
  '/sys/dev/block/8:1/partition': '1',
  '/sys/dev/block/8:1/../dev': '8:0',
};
const disks: DiskView = { identify: (path) => PATHS[path], readText: (path) => TEXTS[path], list: () => [] };

describe('refuseOverlap', () => {
  test.each([
    ['a', 'a', 'a and a are the same file'],
    ['a', 'link', 'a and link are the same file'],
    ['-', 'a', 'standard input and a are the same file'],
    ['b', '-', 'b and standard output are the same file'],
    ['-', 'link', 'standard input and link are the same file'],
    ['/dev/sda', '/dev/sda1', '/dev/sda and /dev/sda1 share bytes of one disk'],
    ['b\u001b[2J', 'b', 'b\\x1b[2J and b are the same file'],
  ])('refuses %j onto %j', (from, to, reason) => {
    expect(() => refuseOverlap({ path: from }, { path: to }, disks)).toThrow(
      expect.objectContaining({ code: 'CLI_REFUSED', message: `${reason}; nothing was written` }),
    );
  });

  test.each([
    ['a', 'b'],
    ['a', 'new'],
    ['-', '-'],
    ['/dev/sda', 'a'],
  ])('lets %s onto %s pass', (from, to) => {
    expect(() => refuseOverlap({ path: from }, { path: to }, disks)).not.toThrow();
  });

  test('compares ranges: the first MiB of the disk is not in the partition, the second is', () => {
    const range = { path: '/dev/sda', length: 1 << 20 };
    expect(() => refuseOverlap({ ...range, offset: 0 }, { path: '/dev/sda1' }, disks)).not.toThrow();
    expect(() => refuseOverlap({ ...range, offset: 1 << 20 }, { path: '/dev/sda1' }, disks)).toThrow('share bytes');
  });
});
