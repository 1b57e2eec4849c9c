import { Buffer } from 'node:buffer';
import { existsSync, writeFileSync } from 'node:fs';
import { fakeWorld } from '@e2image/cli/testing';
import { superblockLayout } from '@e2image/ext-core/structures';
import { createSideFile } from '../homes/side-file.ts';
import { beginBeside, sideFileBytes } from '../run/begin-move.ts';
import { tinyDevice } from '../testing/tiny-device.ts';
import { usedBytes } from '../used/used-map.ts';
import { journalOf, openMove, withinSize } from './open-move.ts';

const theWorld = () => fakeWorld({ program: 'e2image-move' });
const MIB = 1 << 20;
const codeIs = (code: string) => expect.objectContaining({ code });

describe('openMove', () => {
  test('decides a move of an image file, and changes nothing', async () => {
    using device = tinyDevice();
    using move = await openMove({ device: device.path, from: 0, to: MIB }, theWorld());
    expect(move.task).toMatchObject({
      move: { source: 0, destination: MIB, length: device.original.length },
      blockSize: 1024,
    });
    expect(move.journal).toBe(`${device.path}.e2move`);
    expect(move.notes).toEqual([]);
    expect(usedBytes(move.task.map)).toBeLessThan(device.original.length);
    expect(Buffer.compare(device.read(), device.original)).toBe(0);
    expect(existsSync(device.beside('image.e2move'))).toBe(false);
  });

  test('copies every block of a file system that is not clean, and says so', async () => {
    using device = tinyDevice((tiny) => superblockLayout.s_state.set(tiny.view, 1024, 0));
    using move = await openMove({ device: device.path, from: 0, to: MIB }, theWorld());
    expect(usedBytes(move.task.map)).toBe(device.original.length);
    expect(move.notes).toEqual(['every block is copied, used or not: it was not unmounted cleanly or has errors']);
  });

  test.each([
    ['an offset inside a sector', { from: 0, to: 100 }, 'MOVE_OFFSET'],
    ['the place where it is', { from: 0, to: 0 }, 'MOVE_OFFSET'],
    ['a place without a file system', { from: 512, to: 0 }, 'EXT_BAD_MAGIC'],
  ])('refuses %s', async (_, where, code) => {
    using device = tinyDevice();
    await expect(openMove({ device: device.path, ...where }, theWorld())).rejects.toThrow(codeIs(code));
    expect(Buffer.compare(device.read(), device.original)).toBe(0);
  });

  test('refuses a file system that is longer than its device', async () => {
    using device = tinyDevice();
    writeFileSync(device.path, device.original.subarray(0, 400 * 1024));
    const move = openMove({ device: device.path, from: 0, to: MIB }, theWorld());
    await expect(move).rejects.toThrow(/513 blocks of 1024 bytes and ends at byte 525312, .* at byte 409600$/);
  });

  test('refuses a mounted device before it is opened', async () => {
    const world = fakeWorld({ env: { EXT2FS_PRETEND_RW_MOUNT: '1' } });
    await expect(openMove({ device: '/nonexistent', from: 0, to: MIB }, world)).rejects.toThrow(codeIs('MOVE_IN_USE'));
  });

  test.each([
    [false, 'MOVE_MMP'],
    [true, undefined],
  ])('a file system in use by MMP, forced: %s, is refused with %s', async (isForced, code) => {
    using device = tinyDevice((tiny) => tiny.mmp(60, { sequence: 7 }));
    const move = openMove({ device: device.path, from: 0, to: MIB, isForced }, theWorld());
    if (code === undefined) (await move)[Symbol.dispose]();
    else await expect(move).rejects.toThrow(codeIs(code));
  });

  test('refuses a file for the record that holds something else', async () => {
    using device = tinyDevice();
    writeFileSync(device.beside('journal'), 'mine');
    const move = openMove({ device: device.path, from: 0, to: MIB, journal: device.beside('journal') }, theWorld());
    await expect(move).rejects.toThrow(codeIs('MOVE_JOURNAL_EXISTS'));
  });

  test('refuses to begin after an interrupted move, and prints the command that finishes it', async () => {
    using device = tinyDevice();
    {
      using move = await openMove({ device: device.path, from: 0, to: MIB }, theWorld());
      using file = createSideFile(move.journal ?? '', sideFileBytes(move.task), undefined);
      beginBeside(move.device, file, move.task);
    }
    await expect(openMove({ device: device.path, from: 0, to: 4096 }, theWorld())).rejects.toThrow(
      new RegExp(`from byte 0 to byte ${MIB} was interrupted here; finish it with: e2image-move --resume --journal `),
    );
  });
});

test('a marker names the file of its record, or an unknown file, or none', () => {
  const marker = { source: 0, destination: 512, length: 1024, id: new Uint8Array(16), mapBytes: 16 };
  expect(journalOf({ ...marker, isInside: false, journal: 'j' })).toBe('j');
  expect(journalOf({ ...marker, isInside: false, journal: '' })).toBe('FILE');
  expect(journalOf({ ...marker, isInside: true, journal: '' })).toBeUndefined();
});

test('beyond the end of a device there are zeros', async () => {
  using device = tinyDevice();
  using move = await openMove({ device: device.path, from: 0, to: MIB, isDryRun: true }, theWorld());
  const bytes = new Uint8Array(4).fill(9);
  withinSize(move.device).readAt(bytes, device.original.length - 2);
  expect([...bytes]).toEqual([0, 0, 0, 0]);
  withinSize(move.device).readAt(bytes, 50 * 1024);
  expect([...bytes]).toEqual([0xaa, 0xaa, 0xaa, 0xaa]);
});
