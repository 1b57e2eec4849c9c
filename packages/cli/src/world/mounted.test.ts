import type { FileIdentity } from '@e2image/sparse-io';
import { type MountView, mountState } from './mounted.ts';

const device = (minor: number): FileIdentity => ({ kind: 'block-device', dev: 5, ino: minor, rdev: 8 * 256 + minor });
const folder = (dev: number): FileIdentity => ({ kind: 'other', dev, ino: 2, rdev: 0 });
const file = (ino: number): FileIdentity => ({ kind: 'file', dev: 77, ino, rdev: 0 });
const rdev = (minor: number): number => 8 * 256 + minor;

interface Setting {
  readonly paths?: Readonly<Record<string, FileIdentity>>;
  readonly texts?: Readonly<Record<string, string>>;
  readonly env?: MountView['env'];
  readonly exclusive?: 'free' | 'busy' | 'unknown';
  readonly isRootReadOnly?: boolean;
}

function state(
  path: string,
  { paths = {}, texts = {}, env = {}, exclusive = 'busy', isRootReadOnly = false }: Setting,
) {
  const { isMounted, isReadOnly, isRoot, isBusy, isSwap } = mountState(path, {
    env,
    identify: (name) => paths[name],
    readText: (name) => ({ '/proc/mounts': '', ...texts })[name],
    list: () => [],
    openExclusive: () => exclusive,
    isReadOnly: () => isRootReadOnly,
  });
  return Object.entries({ isMounted, isReadOnly, isRoot, isBusy, isSwap })
    .flatMap(([name, value]) => (value ? [name] : []))
    .join(' ');
}

const sda1 = { '/dev/sda1': device(1), '/mnt': folder(rdev(1)), '/': folder(rdev(9)) };
const mounts = (line: string) => ({ '/proc/mounts': `proc /proc proc rw 0 0\n${line}\n` });

describe('mountState', () => {
  test.each([
    [{ EXT2FS_PRETEND_RO_MOUNT: '1' }, 'isMounted isReadOnly'],
    [{ EXT2FS_PRETEND_RW_MOUNT: '1' }, 'isMounted'],
    [{ EXT2FS_PRETEND_RW_MOUNT: '', EXT2FS_PRETEND_ROOTFS: '' }, 'isRoot'],
    [{ EXT2FS_PRETEND_RO_MOUNT: '1', EXT2FS_PRETEND_RW_MOUNT: '1' }, 'isMounted isReadOnly'],
    [{ EXT2FS_PRETEND_ROOTFS: '1' }, ''],
  ])('the environment %j pretends %j', (env, expected) => {
    expect(state('/nonexistent', { env })).toBe(expected);
  });

  test('a device that opens exclusively is free, whatever the tables say', () => {
    expect(state('/dev/sda1', { paths: sda1, texts: mounts('/dev/sda1 /mnt ext4 rw 0 0'), exclusive: 'free' })).toBe(
      '',
    );
  });

  test.each([
    ['/dev/sda1 /mnt ext4 rw,noatime 0 0', 'isMounted isBusy'],
    ['/dev/sda1 /mnt ext4 ro,noatime 0 0', 'isMounted isReadOnly isBusy'],
    ['/dev/sda1 /mnt ext4 rw,errors=remount-ro 0 0', 'isMounted isBusy'],
    ['/dev/disk/by-id/x /mnt ext4 rw 0 0', 'isMounted isBusy'],
    ['sda1 /mnt ext4 rw 0 0', 'isBusy'],
    ['/dev/sda2 /mnt2 ext4 rw 0 0', 'isBusy'],
  ])('%s: %j', (line, expected) => {
    const paths = { ...sda1, '/dev/disk/by-id/x': device(1), '/dev/sda2': device(2), '/mnt2': folder(rdev(2)) };
    expect(state('/dev/sda1', { paths, texts: mounts(line) })).toBe(expected);
  });

  test('an entry whose folder shows another device is stale', () => {
    const paths = { ...sda1, '/mnt': folder(rdev(3)) };
    expect(state('/dev/sda1', { paths, texts: mounts('/dev/sda1 /mnt ext4 rw 0 0') })).toBe('isBusy');
    expect(
      state('/dev/link', { paths: { ...paths, '/dev/link': device(1) }, texts: mounts('/dev/sda1 /mnt ext4 rw 0 0') }),
    ).toBe('isBusy');
  });

  test('blanks in names are read as the kernel writes them', () => {
    const paths = { '/dev/sda1': device(1), '/mnt/a b': folder(rdev(1)) };
    expect(state('/dev/sda1', { paths, texts: mounts('/dev/sda1 /mnt/a\\040b ext4 rw 0 0') })).toBe('isMounted isBusy');
  });

  test('a file that is loop-mounted is mounted, by any of its names', () => {
    const paths = {
      '/img': file(4),
      '/link': file(4),
      '/other': file(5),
      '/dev/loop3': device(3),
      '/mnt': folder(rdev(3)),
    };
    const texts = { ...mounts('/dev/loop3 /mnt ext4 rw 0 0'), '/sys/dev/block/8:3/loop/backing_file': '/img' };
    expect([
      state('/img', { paths, texts }),
      state('/link', { paths, texts }),
      state('/other', { paths, texts }),
    ]).toEqual(['isMounted', 'isMounted', '']);
  });

  test('a file that the table names itself is mounted', () => {
    expect(state('/img', { paths: { '/img': file(4) }, texts: mounts('/img /mnt ext4 ro 0 0') })).toBe(
      'isMounted isReadOnly',
    );
  });

  test('swap counts as mounted: by name, or by device', () => {
    const paths = { '/dev/sda5': device(5), '/dev/alias': device(5), '/swapfile': file(6) };
    const texts = { '/proc/swaps': 'Filename\t\t\t\tType\n/dev/sda5\tpartition\t1\n/swapfile   file 1' };
    expect([
      state('/dev/sda5', { paths, texts }),
      state('/dev/alias', { paths, texts }),
      state('/swapfile', { paths, texts }),
    ]).toEqual(['isMounted isBusy isSwap', 'isMounted isBusy isSwap', 'isMounted isSwap']);
  });

  test('the root device is mounted even where no table names it', () => {
    const paths = { '/dev/root': device(9), '/': folder(rdev(9)) };
    expect(state('/dev/root', { paths })).toBe('isMounted isRoot isBusy');
    expect(state('/dev/root', { paths, isRootReadOnly: true })).toBe('isMounted isReadOnly isRoot isBusy');
  });

  test('the root file system is read-only also when only the kernel knows', () => {
    const paths = { '/dev/sda9': device(9), '/': folder(rdev(9)) };
    const texts = mounts('/dev/sda9 / ext4 rw 0 0');
    expect(state('/dev/sda9', { paths, texts, isRootReadOnly: true })).toBe('isMounted isReadOnly isRoot isBusy');
  });

  test('without a mount table the question fails, unless that is allowed; mtab is one', () => {
    const without = { '/proc/mounts': undefined };
    const view = (env: MountView['env'], mtab?: string): MountView => ({
      env,
      identify: () => undefined,
      readText: (name) => ({ ...without, '/etc/mtab': mtab })[name],
      list: () => [],
      openExclusive: () => 'unknown',
      isReadOnly: () => false,
    });
    expect(() => mountState('/x', view({}))).toThrow("Can't check if filesystem is mounted due to missing mtab file");
    expect(mountState('/x', view({ EXT2FS_NO_MTAB_OK: '1' })).isMounted).toBe(false);
    expect(mountState('/x', view({}, '/x /mnt ext4 rw 0 0')).isMounted).toBe(true);
  });
});
