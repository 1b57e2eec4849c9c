import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountState, realMounts } from '@e2image/cli';
import { flushView, isHeld, overlapOf } from '@e2image/sparse-io';
import { LoopDevice, Mount } from '../support/loop.ts';
import { describeNeeds, tool } from '../support/oracle.ts';

const MIB = 2 ** 20;

/** One disk seen through files and loop devices: the library must describe it as the kernel sees it. */
describeNeeds(['loop', 'mke2fs'], 'views of one disk', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-views-'));
    writeFileSync(file('disk'), new Uint8Array(8 * MIB));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('loop devices overlap their file, and each other where their windows do', () => {
    using whole = LoopDevice.attach(file('disk'));
    using low = LoopDevice.attach(file('disk'), { offset: 0, length: 4 * MIB });
    using high = LoopDevice.attach(file('disk'), { offset: 4 * MIB });
    const overlap = (a: string, b: string) => overlapOf({ path: a }, { path: b });
    expect([
      overlap(whole.path, file('disk')),
      overlap(low.path, whole.path),
      overlap(low.path, high.path),
      overlap(high.path, high.path),
    ]).toEqual(['overlap', 'overlap', undefined, 'same']);
    using nested = LoopDevice.attach(high.path, { offset: MIB });
    expect([overlap(nested.path, whole.path), overlap(nested.path, low.path)]).toEqual(['overlap', undefined]);
    const past = { path: file('disk'), offset: 4 * MIB, length: MIB };
    expect(overlapOf(past, { path: nested.path })).toBeUndefined();
  });

  test('after flushView either view sees what was written through the other', async () => {
    using loop = LoopDevice.attach(file('disk'));
    const device = openSync(loop.path, 'r+');
    const plain = openSync(file('disk'), 'r+');
    const byteOf = (fd: number): number => {
      const into = new Uint8Array(1);
      readSync(fd, into, 0, 1, 5000);
      return into[0] ?? -1;
    };
    try {
      expect([byteOf(device), byteOf(plain)]).toEqual([0, 0]);
      writeSync(device, Uint8Array.of(7), 0, 1, 5000);
      await flushView(device);
      expect(byteOf(plain)).toBe(7);
      writeSync(plain, Uint8Array.of(9), 0, 1, 5000);
      await flushView(plain);
      await flushView(device);
      expect(byteOf(device)).toBe(9);
    } finally {
      closeSync(device);
      closeSync(plain);
    }
  });

  test('a device is held by a program that opened it exclusively, and by a mount', () => {
    tool('mke2fs', ['-q', '-t', 'ext4', file('disk')]);
    using loop = LoopDevice.attach(file('disk'));
    expect([isHeld(loop.path), isHeld(file('disk'))]).toEqual([false, false]);
    {
      const holder = openSync(loop.path, constants.O_RDONLY | constants.O_EXCL);
      expect(isHeld(loop.path)).toBe(true);
      closeSync(holder);
    }
    expect(isHeld(loop.path)).toBe(false);
    using _mount = Mount.on(loop.path);
    expect(isHeld(loop.path)).toBe(true);
  });

  test('the mount check knows a mounted device, the file below it, and how it is mounted', () => {
    tool('mke2fs', ['-q', '-t', 'ext4', file('disk')]);
    tool('ln', ['-s', file('disk'), file('link')]);
    using loop = LoopDevice.attach(file('disk'));
    const look = (path: string) => mountState(path, realMounts({}));
    expect(look(loop.path)).toMatchObject({ isMounted: false, isBusy: false });
    {
      using mount = Mount.on(loop.path);
      expect(look(loop.path)).toMatchObject({
        isMounted: true,
        isReadOnly: false,
        isBusy: true,
        mountPoint: mount.path,
      });
      expect(look(file('link'))).toMatchObject({ isMounted: true, isReadOnly: false });
    }
    {
      using _mount = Mount.on(loop.path, 'ro');
      expect(look(file('disk'))).toMatchObject({ isMounted: true, isReadOnly: true });
    }
    mkdirSync(file('other'));
    expect(look(file('disk'))).toMatchObject({ isMounted: false });
  });
});
