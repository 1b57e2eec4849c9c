import { Buffer } from 'node:buffer';
import { openFilesystem, type Problem } from '@e2image/ext-core';
import { noise, type Shape, ShapedFilesystem, type ShapedGroup } from '@e2image/ext-core/testing';
import { BlockSet } from '@e2image/ext-core/walk';
import type { Source } from '@e2image/sparse-io';
import { MemorySink, memorySource } from '@e2image/sparse-io/testing';
import fc from 'fast-check';
import { type ImagePart, openNormalImage } from './read.ts';
import { planNormalImage, writeNormalImage } from './write.ts';

const INODE_UNINIT = 1;
const BLOCK_UNINIT = 2;
const INODE_ZEROED = 4;

const IDENTITY = {
  hostName: 'host',
  deviceName: '/dev/x',
  deviceNumber: 1,
  imageDevice: 2,
  imageInode: 3,
  createdAt: 4,
};

const groups = (inodesPerGroup: number): fc.Arbitrary<ShapedGroup> =>
  fc.record({
    flags: fc.nat(7),
    unused: fc.oneof(fc.nat(inodesPerGroup), fc.constantFrom(inodesPerGroup, inodesPerGroup + 1)),
    isDamaged: fc.nat(5).map((n) => n === 0),
  });

/** File systems with up to 20 groups: each feature that changes where metadata is, in all combinations. */
const shapes: fc.Arbitrary<Shape> = fc
  .record({
    blockSize: fc.constantFrom(1024, 1024, 4096),
    descSize: fc.constantFrom(32, 64, 128),
    inodeSize: fc.constantFrom(128, 256),
    inodesPerGroup: fc.constantFrom(8, 24, 32),
    clusterRatio: fc.constantFrom(1, 4),
    checksums: fc.constantFrom('none', 'gdt_csum', 'metadata_csum'),
    seed: fc.nat(),
    groupCount: fc.integer({ min: 1, max: 20 }),
  })
  .chain(({ groupCount, ...over }) => {
    // Fewer large groups: the same cases in less memory.
    const length = over.blockSize === 1024 ? groupCount : Math.ceil(groupCount / 7);
    const descBlocks = Math.ceil((length * over.descSize) / over.blockSize);
    const tableBlocks = Math.ceil((over.inodesPerGroup * over.inodeSize) / over.blockSize);
    const drawn = fc.record({
      groups: fc.array(groups(over.inodesPerGroup), { minLength: length, maxLength: length }),
      lastGroupBlocks: fc.integer({ min: 4 + descBlocks + tableBlocks, max: 24 * over.clusterRatio }),
      firstMetaBg: fc.option(fc.nat(descBlocks), { nil: undefined }),
    });
    return drawn.map((rest) => ({ ...over, ...rest, clustersPerGroup: 24 }));
  });

/** 70 groups with descriptors of 1,024 bytes: more than are read at a time. */
const MANY: Shape = {
  blockSize: 1024,
  groups: Array.from({ length: 70 }, () => ({ flags: 0, unused: 0, isDamaged: false })),
  descSize: 1024,
  inodeSize: 128,
  inodesPerGroup: 8,
  clustersPerGroup: 80,
  clusterRatio: 1,
  lastGroupBlocks: 80,
  checksums: 'metadata_csum',
  firstMetaBg: undefined,
  seed: 1,
};

/** Write a normal image to a sink that takes ascending offsets only, as a pipe. */
async function imageOf(source: Source): Promise<{ bytes: Uint8Array; unread: BlockSet; problems: Problem[] }> {
  const problems: Problem[] = [];
  const plan = planNormalImage(openFilesystem(source), IDENTITY);
  const sink = new MemorySink({ isSequential: true, old: new Uint8Array(plan.sections.size) });
  const { unread } = await writeNormalImage(plan, { sink, onProblem: (problem) => problems.push(problem) });
  await sink.finish(plan.sections.size);
  return { bytes: sink.bytes, unread, problems };
}

/** Put all parts of an image onto a device. */
function putBack(image: Uint8Array, device: Uint8Array, unread = new BlockSet()): ImagePart['kind'][] {
  const opened = openNormalImage(memorySource(image));
  const { blockSize } = opened.superblock;
  device.set(opened.superblockBytes, 1024);
  const kinds: ImagePart['kind'][] = [];
  const onProblem = ({ message }: Problem): never => {
    throw new Error(message);
  };
  for (const { kind, block, count, source, from } of opened.parts({ unread, onProblem })) {
    source.readAt(device.subarray(block * blockSize, (block + count) * blockSize), from);
    kinds.push(kind);
  }
  return kinds;
}

const hasChecksums = ({ shape }: ShapedFilesystem): boolean => shape.checksums !== 'none';

/** Blocks of a group's table that may hold inodes, counted block by block from the end. */
function usedBlocks(fs: ShapedFilesystem, { flags, unused, isDamaged }: ShapedGroup): number {
  if (!hasChecksums(fs) || isDamaged) return fs.tableBlocks;
  if (flags & INODE_UNINIT) return 0;
  const perBlock = fs.shape.blockSize / fs.shape.inodeSize;
  let blocks = fs.tableBlocks;
  let left = unused > fs.shape.inodesPerGroup ? 0 : unused;
  for (; left >= perBlock; left -= perBlock) blocks--;
  return blocks;
}

/** A table that is flagged as zeroed has zeros in its unused part: make it true. */
function zeroTables(fs: ShapedFilesystem): void {
  for (const [number, group] of fs.shape.groups.entries()) {
    if (!(group.flags & INODE_ZEROED)) continue;
    const used = usedBlocks(fs, group);
    fs.blocks(fs.places(number).inodeTable + used, fs.tableBlocks - used).fill(0);
  }
}

/** What a device should be after an image of `fs` was put back on it. */
function expectedDevice(fs: ShapedFilesystem, device: Uint8Array): Uint8Array {
  const expected = device.slice();
  const take = (block: number, count = 1): void => expected.set(fs.blocks(block, count), block * fs.shape.blockSize);
  for (const [number, group] of fs.shape.groups.entries()) {
    const { blockBitmap, inodeBitmap, inodeTable } = fs.places(number);
    const flags = hasChecksums(fs) ? group.flags : 0;
    take(inodeTable, flags & INODE_ZEROED ? fs.tableBlocks : usedBlocks(fs, group));
    if (!(flags & INODE_UNINIT)) take(inodeBitmap);
    if (!(flags & BLOCK_UNINIT)) take(blockBitmap);
  }
  for (const block of fs.descBlocks.flat()) take(block);
  expected.set(fs.superblock, 1024);
  return expected;
}

test('what is written and then read is the same, whatever the geometry, and nothing else is put back', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, async (shape) => {
      const fs = new ShapedFilesystem(shape);
      zeroTables(fs);
      const { bytes, unread } = await imageOf(memorySource(fs.bytes));
      expect(unread.size).toBe(0);
      const device = noise(fs.bytes.length, shape.seed + 2);
      const expected = expectedDevice(fs, device);
      putBack(bytes, device);
      expect(Buffer.compare(device, expected)).toBe(0);
    }),
    { numRuns: 100, examples: [[MANY]] },
  );
});
