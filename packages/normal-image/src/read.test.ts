import { openFilesystem, type Problem } from '@e2image/ext-core';
import { groupDescLayout } from '@e2image/ext-core/structures';
import { type Shape, ShapedFilesystem } from '@e2image/ext-core/testing';
import { BlockSet } from '@e2image/ext-core/walk';
import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import { imageHeaderLayout } from './header.ts';
import { type ImagePart, openNormalImage } from './read.ts';
import { planNormalImage, writeNormalImage } from './write.ts';

const IDENTITY = { hostName: 'h', deviceName: 'd', deviceNumber: 0, imageDevice: 0, imageInode: 0, createdAt: 0 };
const GROUP = { flags: 0, unused: 0, isDamaged: false };
const UNINIT = { inodes: 1, blocks: 2, zeroed: 4 };

/** Groups of 40 blocks of 1 KiB; a table has 8 blocks with 4 inodes each. */
const SHAPE: Shape = {
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
  seed: 1,
};

async function imageOf(fs: ShapedFilesystem): Promise<Uint8Array> {
  const plan = planNormalImage(openFilesystem(memorySource(fs.bytes)), IDENTITY);
  const sink = new MemorySink();
  await writeNormalImage(plan, { sink });
  await sink.finish(plan.sections.size);
  return sink.bytes;
}

/** All parts of an image with their content, and what was reported. */
function partsOf(image: Uint8Array, unread = new BlockSet()) {
  const problems: Problem[] = [];
  const { parts, superblock } = openNormalImage(memorySource(image));
  const all = [...parts({ unread, onProblem: (problem) => problems.push(problem) })];
  const content = ({ source, from, count }: ImagePart): Uint8Array => {
    const bytes = new Uint8Array(count * superblock.blockSize);
    source.readAt(bytes, from);
    return bytes;
  };
  return { parts: all, problems, content };
}

const summary = (parts: readonly ImagePart[]): string[] =>
  parts.map(({ kind, block, count }) => `${kind} ${block}+${count}`);

test('parts come group by group, descriptors last', async () => {
  const fs = new ShapedFilesystem(SHAPE);
  const { parts } = partsOf(await imageOf(fs));
  const [a, b] = [fs.places(0), fs.places(1)];
  expect(summary(parts)).toEqual([
    `inode table ${a.inodeTable}+8`,
    `inode bitmap ${a.inodeBitmap}+1`,
    `block bitmap ${a.blockBitmap}+1`,
    `inode table ${b.inodeTable}+8`,
    `inode bitmap ${b.inodeBitmap}+1`,
    `block bitmap ${b.blockBitmap}+1`,
    'group descriptors 2+1',
  ]);
});

test.each([
  ['never used its inodes: the table and the inode bitmap', { ...GROUP, flags: UNINIT.inodes }, ['block bitmap']],
  ['never used its blocks: the block bitmap', { ...GROUP, flags: UNINIT.blocks }, ['inode table 8', 'inode bitmap']],
  [
    'never used the end of its table: that end',
    { ...GROUP, unused: 9 },
    ['inode table 6', 'inode bitmap', 'block bitmap'],
  ],
  [
    'never used its inodes, with a damaged descriptor: the inode bitmap only',
    { ...GROUP, flags: UNINIT.inodes, isDamaged: true },
    ['inode table 8', 'block bitmap'],
  ],
  [
    'has a table that is flagged as zeroed: nothing',
    { ...GROUP, flags: UNINIT.zeroed, unused: 9 },
    ['inode table 8', 'inode bitmap', 'block bitmap'],
  ],
  [
    'never used its inodes and has a zeroed table: the inode bitmap',
    { ...GROUP, flags: UNINIT.zeroed | UNINIT.inodes },
    ['inode table 8', 'block bitmap'],
  ],
])('a group that %s is left out', async (_what, group, expected) => {
  const fs = new ShapedFilesystem({ ...SHAPE, groups: [group] });
  const { parts } = partsOf(await imageOf(fs));
  const found = parts.filter(({ kind }) => kind !== 'group descriptors');
  expect(found.map(({ kind, count }) => (kind === 'inode table' ? `${kind} ${count}` : kind))).toEqual(expected);
});

test('without descriptor checksums flags mean nothing: all is put back', async () => {
  const group = { flags: 7, unused: 32, isDamaged: false };
  const fs = new ShapedFilesystem({ ...SHAPE, groups: [group], checksums: 'none' });
  expect(summary(partsOf(await imageOf(fs)).parts)).toHaveLength(4);
});

describe('bitmaps', () => {
  test('have all bits after the last cluster set, whatever the image has there', async () => {
    const fs = new ShapedFilesystem({ ...SHAPE, clusterRatio: 4, lastGroupBlocks: 4 * 20 + 1 });
    const image = await imageOf(fs);
    const { blockMap } = openNormalImage(memorySource(image)).sections;
    // 21 clusters in the last group: bits 21 to 23 are padding in a byte that is stored.
    image.fill(0, blockMap.offset, blockMap.offset + blockMap.length);
    const { parts, content } = partsOf(image);
    const [first, last] = parts.filter(({ kind }) => kind === 'block bitmap').map(content);
    expect([...(first ?? []).slice(0, 6)]).toEqual([0, 0, 0, 0, 0, 0xff]);
    expect([...(last ?? []).slice(0, 6)]).toEqual([0, 0, 0b1110_0000, 0xff, 0xff, 0xff]);
    expect(last?.slice(6).every((byte) => byte === 0xff)).toBe(true);
  });

  test('get their checksums in the descriptors, and descriptors theirs', async () => {
    const fs = new ShapedFilesystem(SHAPE);
    const image = await imageOf(fs);
    // The image has a wrong bitmap in group 0: its checksum must become that of this bitmap.
    const { blockMap } = openNormalImage(memorySource(image)).sections;
    image[blockMap.offset] = (image[blockMap.offset] ?? 0) ^ 1;
    const { parts, content } = partsOf(image);
    const restored = new ShapedFilesystem(SHAPE);
    for (const part of parts) restored.blocks(part.block, part.count).set(content(part));
    const { blockBitmap } = fs.places(0);
    expect(restored.blocks(blockBitmap)).not.toEqual(fs.blocks(blockBitmap));
    const view = (of: ShapedFilesystem) => new DataView(of.bytes.buffer, 2048, 64);
    expect(groupDescLayout.bg_block_bitmap_csum_lo.get(view(restored), 0)).not.toBe(
      groupDescLayout.bg_block_bitmap_csum_lo.get(view(fs), 0),
    );
    // An image of what was restored is the same again: all checksums are right.
    expect(await imageOf(restored)).toEqual(patchDescriptors(image, restored));
    expect(new Uint8Array(restored.bytes.subarray(2048 + 64, 2048 + 128))).toEqual(
      fs.bytes.slice(2048 + 64, 2048 + 128),
    );
  });

  test('that were never read keep the checksum that is stored', async () => {
    const fs = new ShapedFilesystem(SHAPE);
    const image = await imageOf(fs);
    const { blockMap, inodeMap } = openNormalImage(memorySource(image)).sections;
    image.fill(0, blockMap.offset, blockMap.offset + 5);
    image.fill(0, inodeMap.offset, inodeMap.offset + 4);
    const unread = new BlockSet();
    unread.add(fs.places(0).blockBitmap, 1);
    unread.add(fs.places(0).inodeBitmap, 1);
    const { parts, content } = partsOf(image, unread);
    const descriptors = parts.at(-1);
    expect(descriptors && content(descriptors)).toEqual(fs.blocks(2));
  });
});

/** The image with the descriptors that a device has. */
function patchDescriptors(image: Uint8Array, fs: ShapedFilesystem): Uint8Array {
  const patched = image.slice();
  patched.set(fs.blocks(2), 2048);
  return patched;
}

describe('an impossible block', () => {
  const LAYOUT = { 'inode table': 8, 'inode bitmap': 4, 'block bitmap': 0 } as const;

  test.each([
    ['inode table', 1, 'bad-inode-table'],
    ['inode table', 81 - 7, 'bad-inode-table'],
    ['inode bitmap', 1, 'illegal-block'],
    ['block bitmap', 81, 'illegal-block'],
  ] as const)('of an %s (%d) is reported, and that part is left out', async (kind, block, code) => {
    const image = await imageOf(new ShapedFilesystem({ ...SHAPE, checksums: 'none' }));
    new DataView(image.buffer).setUint32(2048 + 64 + LAYOUT[kind], block, true);
    const { parts, problems } = partsOf(image);
    expect(parts.filter((part) => part.kind === kind)).toHaveLength(1);
    expect(parts).toHaveLength(6);
    const message = `group 1: block ${block} cannot be its ${kind}`;
    expect(problems).toEqual([{ code, message, lost: true, group: 1, block }]);
  });

  test.each([
    ['inode table', 2],
    ['inode table', 81 - 8],
    ['inode bitmap', 2],
    ['block bitmap', 80],
  ] as const)('is neither the first nor the last possible one of an %s (%d)', async (kind, block) => {
    const image = await imageOf(new ShapedFilesystem({ ...SHAPE, checksums: 'none' }));
    new DataView(image.buffer).setUint32(2048 + 64 + LAYOUT[kind], block, true);
    expect(partsOf(image).problems).toEqual([]);
  });
});

describe('openNormalImage', () => {
  test('gives the header and the superblock', async () => {
    const fs = new ShapedFilesystem(SHAPE);
    const { header, superblock, superblockBytes } = openNormalImage(memorySource(await imageOf(fs)));
    expect(header).toMatchObject({ hostName: 'h', deviceName: 'd', blockSize: 1024 });
    expect(superblock.groupCount).toBe(2);
    expect(superblockBytes).toEqual(fs.superblock);
  });

  test('refuses what is too short, and what is not a normal image', () => {
    expect(() => openNormalImage(memorySource(new Uint8Array(100)))).toThrow(
      expect.objectContaining({ code: 'EXT_TRUNCATED' }),
    );
    expect(() => openNormalImage(memorySource(new Uint8Array(5000)))).toThrow(
      expect.objectContaining({ code: 'EXT_BAD_MAGIC' }),
    );
  });

  test('refuses more descriptors than fit in memory, without looking for the sections', async () => {
    const image = await imageOf(new ShapedFilesystem({ ...SHAPE, groups: [GROUP], inodesPerGroup: 8 }));
    const view = new DataView(image.buffer);
    // 3 million groups: 192 MB of descriptors.
    const groups = 3_000_000;
    view.setUint32(1024 + 0x04, 1 + groups * 40, true);
    view.setUint32(1024 + 0x00, groups * 8, true);
    expect(() => openNormalImage(memorySource(image))).toThrow(expect.objectContaining({ code: 'EXT_TOO_LARGE' }));
  });

  test('refuses an image without room for its sections', async () => {
    const image = await imageOf(new ShapedFilesystem(SHAPE));
    const short = memorySource(image.subarray(0, image.length - 1));
    expect(() => openNormalImage(short)).toThrow(expect.objectContaining({ code: 'EXT_TRUNCATED' }));
    imageHeaderLayout.fs_blocksize.set(new DataView(image.buffer), 0, 2048);
    expect(() => openNormalImage(memorySource(image))).toThrow();
  });
});
