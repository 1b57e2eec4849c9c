import { Buffer } from 'node:buffer';
import { openFilesystem } from '@e2image/ext-core';
import { noise, type Shape, ShapedFilesystem } from '@e2image/ext-core/testing';
import { planNormalImage, writeNormalImage } from '@e2image/normal-image';
import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import { overlay } from '../base/segments.ts';
import type { ImageContent } from './content.ts';
import { normalContent } from './normal-content.ts';

const IDENTITY = {
  hostName: 'host',
  deviceName: '/dev/x',
  deviceNumber: 0,
  imageDevice: 0,
  imageInode: 0,
  createdAt: 1_700_000_000,
};
const GROUP = { flags: 0, unused: 0, isDamaged: false };

/** Groups of 40 blocks of 1 KiB; a table has 8 blocks with 4 inodes each. */
const shape = (over: Partial<Shape> = {}): Shape => ({
  blockSize: 1024,
  groups: [GROUP, GROUP],
  descSize: 64,
  inodeSize: 256,
  inodesPerGroup: 32,
  clustersPerGroup: 40,
  clusterRatio: 1,
  lastGroupBlocks: 40,
  checksums: 'metadata_csum',
  firstMetaBg: undefined,
  seed: 5,
  ...over,
});

async function imageOf(fs: ShapedFilesystem): Promise<Uint8Array> {
  const plan = planNormalImage(openFilesystem(memorySource(fs.bytes)), IDENTITY);
  const sink = new MemorySink();
  await writeNormalImage(plan, { sink });
  await sink.finish(plan.sections.size);
  return sink.bytes;
}

/** The device after the segments were written, without the superblock. */
function written({ segments }: ImageContent, device: Uint8Array): Uint8Array {
  const after = new Uint8Array(device.length);
  overlay(memorySource(device), segments).readAt(after, 0);
  return after;
}

/** Numbers of the blocks that differ from the device before. */
const changedBlocks = (before: Uint8Array, after: Uint8Array): number[] =>
  [...Array(before.length / 1024).keys()].filter(
    (block) =>
      Buffer.compare(
        before.subarray(block * 1024, (block + 1) * 1024),
        after.subarray(block * 1024, (block + 1) * 1024),
      ) !== 0,
  );

const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + i);

test('says what it is, and has the superblock apart', async () => {
  const fs = new ShapedFilesystem(shape());
  const content = normalContent(memorySource(await imageOf(fs)), []);
  expect(content).toMatchObject({
    format: 'normal',
    hasJournal: false,
    unread: [],
    problems: [],
    origin: { hostName: 'host', deviceName: '/dev/x', createdAt: 1_700_000_000 },
  });
  expect(content.superblock).toEqual(fs.superblock);
  expect(content.fs.superblock.groupCount).toBe(2);
  expect([...content.kinds.keys()].sort()).toEqual([
    'block bitmap',
    'group descriptors',
    'inode bitmap',
    'inode table',
  ]);
});

test('puts back tables, bitmaps and descriptors, and leaves every other block', async () => {
  const fs = new ShapedFilesystem(shape());
  const device = noise(fs.bytes.length, 9);
  const after = written(normalContent(memorySource(await imageOf(fs)), []), device);
  const expected = [0, 1].flatMap((group) => {
    const { blockBitmap, inodeBitmap, inodeTable } = fs.places(group);
    return [blockBitmap, inodeBitmap, ...range(inodeTable, 8)];
  });
  expect(changedBlocks(device, after)).toEqual([2, ...expected]);
  expect(changedBlocks(after, fs.bytes).filter((block) => [2, ...expected].includes(block))).toEqual([]);
});

test('leaves the end of a table that was never used, unless the table is flagged as zeroed', async () => {
  const fs = new ShapedFilesystem(
    shape({
      groups: [
        { ...GROUP, unused: 9 },
        { ...GROUP, flags: 4, unused: 9 },
      ],
    }),
  );
  const device = noise(fs.bytes.length, 9);
  const after = written(normalContent(memorySource(await imageOf(fs)), []), device);
  const [first, second] = [fs.places(0).inodeTable, fs.places(1).inodeTable];
  const tables = changedBlocks(device, after).filter(
    (block) => (block >= first && block < first + 8) || (block >= second && block < second + 8),
  );
  expect(tables).toEqual([...range(first, 6), ...range(second, 8)]);
  expect(after.subarray((second + 6) * 1024, (second + 8) * 1024)).toEqual(new Uint8Array(2048));
});

test('leaves the bitmaps that were never written, each by its own flag', async () => {
  const fs = new ShapedFilesystem(
    shape({
      groups: [
        { ...GROUP, flags: 1 },
        { ...GROUP, flags: 2 },
      ],
    }),
  );
  const { kinds } = normalContent(memorySource(await imageOf(fs)), []);
  const blocks = (kind: string): number[] => [...(kinds.get(kind)?.runs() ?? [])].map(({ start }) => start);
  expect(blocks('inode bitmap')).toEqual([fs.places(1).inodeBitmap]);
  expect(blocks('block bitmap')).toEqual([fs.places(0).blockBitmap]);
});

test('puts the copies of descriptors in metablock groups back, too', async () => {
  const groups = Array.from({ length: 18 }, () => GROUP);
  const fs = new ShapedFilesystem(shape({ groups, firstMetaBg: 0 }));
  const { kinds } = normalContent(memorySource(await imageOf(fs)), []);
  const expected = fs.descBlocks.flat().sort((a, b) => a - b);
  expect(expected).toHaveLength(5);
  const found = [...(kinds.get('group descriptors')?.runs() ?? [])].flatMap(({ start, count }) => range(start, count));
  expect(found).toEqual(expected);
});

test('leaves blocks that were never read as they are on the device, and lists them', async () => {
  const fs = new ShapedFilesystem(shape());
  const { inodeTable } = fs.places(1);
  const device = noise(fs.bytes.length, 9);
  const unread = [{ offset: (inodeTable + 2) * 1024 + 100, length: 1000 }];
  const content = normalContent(memorySource(await imageOf(fs)), unread);
  // Rounded out to whole blocks.
  expect(content.unread).toEqual([{ offset: (inodeTable + 2) * 1024, length: 2048 }]);
  const changed = changedBlocks(device, written(content, device));
  expect(changed).toContain(inodeTable + 1);
  expect(changed).not.toContain(inodeTable + 2);
  expect(changed).not.toContain(inodeTable + 3);
  expect(changed).toContain(inodeTable + 4);
});

test('reports a table at an impossible block, and puts the rest back', async () => {
  const fs = new ShapedFilesystem(shape({ checksums: 'none' }));
  new DataView(fs.bytes.buffer).setUint32(2048 + 64 + 8, 1, true);
  const { problems, kinds } = normalContent(memorySource(await imageOf(fs)), []);
  expect(problems).toEqual([expect.objectContaining({ code: 'bad-inode-table', group: 1 })]);
  expect([...(kinds.get('inode table')?.runs() ?? [])]).toEqual([{ start: fs.places(0).inodeTable, count: 8 }]);
});

test('refuses what is not a normal image', () => {
  expect(() => normalContent(memorySource(new Uint8Array(8192)), [])).toThrow(
    expect.objectContaining({ code: 'EXT_BAD_MAGIC' }),
  );
});
