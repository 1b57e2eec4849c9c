import { Buffer } from 'node:buffer';
import { fakeWorld } from '@e2image/cli/testing';
import { openFilesystem } from '@e2image/ext-core';
import { superblockLayout } from '@e2image/ext-core/structures';
import { ShapedFilesystem } from '@e2image/ext-core/testing';
import { planNormalImage, writeNormalImage } from '@e2image/normal-image';
import type { ByteRange } from '@e2image/sparse-io';
import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import { normalContent } from './image/normal-content.ts';
import type { RestorePlan } from './plan/restore-plan.ts';
import { restoreOnto } from './restore-image.ts';
import { memoryDevice } from './testing/memory-device.ts';
import { memoryUndo } from './testing/memory-undo.ts';

const IDENTITY = { hostName: '', deviceName: '', deviceNumber: 0, imageDevice: 0, imageInode: 0, createdAt: 0 };
const GROUP = { flags: 0, unused: 0, isDamaged: false };

/** 30 groups of 40 blocks of 1 KiB with 8 inodes each; its descriptors are in block 2. */
const filesystem = (): ShapedFilesystem =>
  new ShapedFilesystem({
    blockSize: 1024,
    groups: Array.from({ length: 30 }, () => GROUP),
    descSize: 32,
    inodeSize: 128,
    inodesPerGroup: 8,
    clustersPerGroup: 40,
    clusterRatio: 1,
    lastGroupBlocks: 40,
    checksums: 'none',
    firstMetaBg: undefined,
    seed: 7,
  });

async function imageOf(fs: ShapedFilesystem): Promise<Uint8Array> {
  const plan = planNormalImage(openFilesystem(memorySource(fs.bytes)), IDENTITY);
  const sink = new MemorySink();
  await writeNormalImage(plan, { sink });
  await sink.finish(plan.sections.size);
  return sink.bytes;
}

const PLAN: RestorePlan = {
  image: 'IMAGE',
  device: 'DEVICE',
  isDryRun: false,
  isForced: false,
  isJournalDropped: false,
  isVerifyWanted: false,
  isProgressWanted: false,
  undo: undefined,
  mapfile: undefined,
  spoolFolder: undefined,
};

/** A device whose inode table in group 0 was overwritten, and an image of it from before. */
async function scene({ unread = [] as readonly ByteRange[], isBlockDevice = false, bytes = new Uint8Array() } = {}) {
  const fs = filesystem();
  const content = normalContent(memorySource(await imageOf(fs)), unread);
  const damaged = bytes.length > 0 ? bytes : fs.bytes.slice();
  const table = fs.places(0).inodeTable;
  damaged.fill(0xaa, table * 1024, (table + 1) * 1024);
  const device = memoryDevice(damaged, { isBlockDevice });
  const world = fakeWorld();
  const undo = memoryUndo();
  const restore = (over: Partial<RestorePlan> = {}): Promise<number> =>
    restoreOnto(
      device,
      { content, mapfile: undefined, modifiedAt: undefined },
      { ...PLAN, ...over },
      world,
      () => undo,
    );
  return { fs, device, world, undo, restore, table };
}

const refused = (message: string) => ({ code: 'CLI_REFUSED', message: expect.stringContaining(message) });

test('a dry run lists the blocks that would change on standard output, and writes nothing', async () => {
  const { restore, device, world, table, undo } = await scene();
  expect(await restore({ isDryRun: true, undo: 'UNDO', isVerifyWanted: true })).toBe(0);
  expect(world.said.stdout).toBe(`block ${table}: inode table\n`);
  expect(world.said.stderr).toContain('DEVICE: 1 of 92 blocks differ: 1 inode table');
  expect(device.steps).toEqual([]);
  expect(undo.exists()).toBe(false);
});

test('a dry run lists the superblock by its block', async () => {
  const { restore, device, world } = await scene();
  superblockLayout.s_mtime.set(new DataView(device.bytes.buffer), 1024, 1);
  await restore({ isDryRun: true });
  expect(world.said.stdout).toMatch(/^block 1: superblock\n/);
});

test('a restore writes only what differs', async () => {
  const { restore, device, world, fs, table } = await scene();
  expect(await restore()).toBe(0);
  expect(Buffer.compare(device.bytes, fs.bytes)).toBe(0);
  expect(device.steps).toEqual([`write ${table * 1024}+1024`, `sync ${fs.bytes.length}`]);
  expect(world.said.stderr).toContain('no undo file: with -z FILE e2undo(8) could undo this');
  expect(world.said.stderr).toContain('DEVICE: restored; check it with e2fsck -f before it is used');
});

test('with an undo file the old content is saved first, and the command that undoes it is printed', async () => {
  const { restore, world, undo } = await scene();
  expect(await restore({ undo: 'UNDO' })).toBe(0);
  expect(undo.bytes?.subarray(3 * 1024, 4 * 1024)).toEqual(new Uint8Array(1024).fill(0xaa));
  expect(world.said.stderr).toContain('to undo: e2undo UNDO DEVICE');
  expect(world.said.stderr).not.toContain('no undo file');
  expect(undo.openCount).toBe(0);
});

test('an undo file is not created when nothing changes, but an existing one is finished', async () => {
  const { restore, undo, device } = await scene();
  await restore();
  const steps = device.steps.length;
  expect(await restore({ undo: 'UNDO' })).toBe(0);
  expect(undo.exists()).toBe(false);
  expect(device.steps).toHaveLength(steps);
  const second = await scene();
  await second.restore({ undo: 'UNDO' });
  const { syncs } = second.undo;
  await second.restore({ undo: 'UNDO' });
  expect(second.undo.syncs).toBe(syncs + 1);
});

test('an existing file that is not an undo file is refused before the device is written', async () => {
  const { restore, undo, device } = await scene();
  undo.bytes = new Uint8Array(5000);
  await expect(restore({ undo: 'UNDO' })).rejects.toMatchObject({
    message: expect.stringContaining('while saving the old content in UNDO; nothing was written'),
  });
  expect(device.steps).toEqual([]);
});

describe('a device with another UUID', () => {
  const other = (bytes: Uint8Array): void => {
    superblockLayout.s_uuid.get(new DataView(bytes.buffer), 1024).set([1, 2, 3]);
  };

  test('is refused', async () => {
    const { restore, device, world } = await scene();
    other(device.bytes);
    await expect(restore()).rejects.toMatchObject(refused('nothing was written; --force restores all the same'));
    expect(world.said.stderr).toContain('the superblock of the device has UUID 010203');
    expect(device.steps).toEqual([]);
  });

  test('is restored with --force, and a warning', async () => {
    const { restore, device, world, fs } = await scene();
    other(device.bytes);
    expect(await restore({ isForced: true })).toBe(0);
    expect(world.said.stderr).toContain('warning: the superblock of the device has UUID 010203');
    expect(Buffer.compare(device.bytes, fs.bytes)).toBe(0);
  });
});

describe('a device that is too short', () => {
  const short = () => filesystem().bytes.slice(0, 1100 * 1024);

  test('is refused, a file too', async () => {
    const { restore } = await scene({ bytes: short() });
    await expect(restore()).rejects.toMatchObject(refused('--force makes the file as long'));
  });

  test('is refused with --force if it is a block device', async () => {
    const { restore } = await scene({ bytes: short(), isBlockDevice: true });
    await expect(restore({ isForced: true })).rejects.toMatchObject({
      code: 'CLI_REFUSED',
      message: expect.not.stringContaining('--force'),
    });
  });
});

describe('blocks that the image never had', () => {
  test('stay as they are, are listed, and make the status 3', async () => {
    const { table } = await scene();
    const { restore, device, world } = await scene({ unread: [{ offset: table * 1024, length: 1 }] });
    expect(await restore()).toBe(3);
    expect(device.steps).toEqual([]);
    expect(world.said.stderr).toContain(`left alone: block ${table}, inode table: not in the image`);
  });

  test('are listed up to 20 lines; the others are counted', async () => {
    const fs = filesystem();
    const unread = Array.from({ length: 25 }, (_, group) => ({
      offset: fs.places(group).blockBitmap * 1024,
      length: 1,
    }));
    const { restore, world } = await scene({ unread });
    expect(await restore({ isDryRun: true })).toBe(3);
    expect(world.said.stderr.match(/left alone: block \d+, block bitmap/g)).toHaveLength(20);
    expect(world.said.stderr).toContain('left alone: 5 more');
  });
});

describe('--verify', () => {
  test('compares the medium', async () => {
    const { restore, world } = await scene();
    expect(await restore({ isVerifyWanted: true })).toBe(0);
    expect(world.said.stderr).toContain('DEVICE: verified');
  });

  test('finds blocks and a superblock that did not get there: status 4', async () => {
    const { restore, device, world, table } = await scene();
    const medium = device.bytes.slice();
    medium[1024 + 0x2c] = 1;
    device.openMedium = () => Object.assign(memorySource(medium), { [Symbol.dispose]: () => {} });
    expect(await restore({ isVerifyWanted: true })).toBe(4);
    expect(world.said.stderr).toContain('verify: block 1 on the medium is not what was written');
    expect(world.said.stderr).toContain(`verify: block ${table} on the medium is not what was written`);
  });
});

test.each([
  [undefined, /while restoring DEVICE; run it again to complete it$/],
  ['UNDO', /run it again to complete it, or undo it: e2undo UNDO DEVICE \(with -f if it refuses\)$/],
])('a write error says what to do next, with the undo file %s', async (undo, message) => {
  const { restore, device } = await scene();
  const open = device.openSink.bind(device);
  device.openSink = () =>
    Object.assign(open(), {
      writeAt: () => {
        throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
      },
    });
  await expect(restore({ undo })).rejects.toMatchObject({ message: expect.stringMatching(message) });
});

test('a device that is gone ends it before anything is written', async () => {
  const { restore, device } = await scene();
  device.source.readAt = () => {
    throw Object.assign(new Error('ENODEV'), { code: 'ENODEV' });
  };
  await expect(restore()).rejects.toMatchObject({ code: expect.any(String) });
  expect(device.steps).toEqual([]);
});
