import { Buffer } from 'node:buffer';
import { openFilesystem, type Problem } from '@e2image/ext-core';
import { groupDescLayout, superblockLayout } from '@e2image/ext-core/structures';
import { type Shape, ShapedFilesystem } from '@e2image/ext-core/testing';
import type { Source } from '@e2image/sparse-io';
import { faultySource, MemorySink, memorySource } from '@e2image/sparse-io/testing';
import { readImageHeader } from './header.ts';
import { type NormalImageOptions, planNormalImage, writeNormalImage } from './write.ts';

const IDENTITY = { hostName: '', deviceName: '', deviceNumber: 0, imageDevice: 0, imageInode: 0, createdAt: 0 };
const GROUP = { flags: 0, unused: 0, isDamaged: false };

/** Two groups of 40 blocks; a table has 8 blocks with 4 inodes each. */
const SHAPE: Shape = {
  blockSize: 1024,
  groups: [GROUP, GROUP],
  descSize: 32,
  inodeSize: 256,
  inodesPerGroup: 32,
  clustersPerGroup: 40,
  clusterRatio: 1,
  lastGroupBlocks: 40,
  checksums: 'gdt_csum',
  firstMetaBg: undefined,
  seed: 1,
};

/** Make an image of a source. */
async function written(source: Source, options: Partial<NormalImageOptions> = {}) {
  const sink = new MemorySink({ isSequential: true });
  const problems: Problem[] = [];
  const plan = planNormalImage(openFilesystem(source), IDENTITY);
  const report = await writeNormalImage(plan, { sink, onProblem: (problem) => problems.push(problem), ...options });
  const { calls } = sink;
  await sink.finish(plan.sections.size);
  return { plan, sink, calls, problems, image: sink.bytes, unread: [...report.unread.runs()], written: report.written };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe('the plan', () => {
  test('is the header that the image begins with', async () => {
    const { plan, image } = await written(memorySource(new ShapedFilesystem(SHAPE).bytes));
    expect(readImageHeader(image)).toEqual(plan.header);
    expect(plan.header.offsets).toEqual({
      superblock: plan.sections.superblock.offset,
      inodeTables: plan.sections.inodeTables.offset,
      inodeMap: plan.sections.inodeMap.offset,
      blockMap: plan.sections.blockMap.offset,
    });
  });

  test('has the size of the image, and is made without reading', async () => {
    const fs = openFilesystem(memorySource(new ShapedFilesystem(SHAPE).bytes));
    const unreadable = faultySource(fs.source, { at: [{ offset: 0, length: fs.source.size }] });
    const { size } = planNormalImage({ ...fs, source: unreadable }, IDENTITY).sections;
    expect((await written(fs.source)).image.length).toBe(size);
  });
});

describe('the superblock', () => {
  test.each([1024, 4096])(
    'is at the start of the second block of the image, with %d bytes per block',
    async (blockSize) => {
      const fs = new ShapedFilesystem({ ...SHAPE, blockSize });
      const { image } = await written(memorySource(fs.bytes));
      expect(image.subarray(blockSize, blockSize + 1024)).toEqual(fs.superblock);
      expect(image.subarray(blockSize + 1024, 2 * blockSize)).toEqual(new Uint8Array(blockSize - 1024));
    },
  );

  test.each([
    [1024, 1024, 0],
    [4096, 0, 1024],
  ])('is transformed in its block: with %d bytes per block, that at byte %d', async (blockSize, offset, at) => {
    const fs = new ShapedFilesystem({ ...SHAPE, blockSize });
    const seen: [number, number, number | undefined][] = [];
    const { image } = await written(memorySource(fs.bytes), {
      transform: (blocks, byteOffset) => {
        if (seen.length === 0) blocks[at + 120] = 77;
        seen.push([byteOffset, blocks.length, blocks[at + 56]]);
      },
    });
    expect(seen[0]).toEqual([offset, blockSize, 0x53]);
    expect(image[blockSize + 120]).toBe(77);
  });
});

describe('inode tables', () => {
  const table = (fs: ShapedFilesystem, group: number) => fs.places(group).inodeTable;

  test('are transformed whole blocks at a time, where they are in the file system, but not blocks of zeros', async () => {
    const fs = new ShapedFilesystem(SHAPE);
    fs.blocks(table(fs, 0) + 2, 3).fill(0);
    const seen: [number, number][] = [];
    const { image, plan } = await written(memorySource(fs.bytes), {
      transform: (blocks, byteOffset) => {
        seen.push([byteOffset / 1024, blocks.length / 1024]);
        blocks.fill(5);
      },
    });
    expect(seen.slice(1)).toEqual([
      [table(fs, 0), 2],
      [table(fs, 0) + 5, 3],
      [table(fs, 1), 8],
    ]);
    const stored = image.subarray(plan.sections.inodeTables.offset).subarray(0, 16 * 1024);
    expect([...Array(16).keys()].map((block) => stored[block * 1024])).toEqual([
      5,
      5,
      0,
      0,
      0,
      5,
      5,
      5,
      ...Array(8).fill(5),
    ]);
  });

  test('are read in units of 512 KiB, and only as far as they are used', async () => {
    const groups = [
      { ...GROUP, flags: 1 },
      { ...GROUP, unused: 1000 },
    ];
    const fs = new ShapedFilesystem({
      ...SHAPE,
      groups,
      inodesPerGroup: 4096,
      clustersPerGroup: 2000,
      lastGroupBlocks: 2000,
    });
    const reads: [number, number][] = [];
    const source = {
      size: fs.bytes.length,
      readAt: (into: Uint8Array, offset: number) => {
        reads.push([offset / 1024, into.length / 1024]);
        into.set(fs.bytes.subarray(offset, offset + into.length));
      },
    };
    const { image, plan } = await written(source);
    const start = table(fs, 1);
    const stored = image.subarray(plan.sections.inodeTables.offset + 1024 * 1024);
    expect(Buffer.compare(stored.subarray(0, 774 * 1024), fs.blocks(start, 774))).toBe(0);
    expect(stored.subarray(774 * 1024, 775 * 1024)).toEqual(new Uint8Array(1024));
    expect(reads.filter(([block, count]) => count > 16 && block > 100)).toEqual([
      [start, 512],
      [start + 512, 262],
    ]);
  });

  test('an unreadable block is zeros in the image, and reported', async () => {
    const fs = new ShapedFilesystem(SHAPE);
    const bad = table(fs, 1) + 3;
    const source = faultySource(memorySource(fs.bytes), { at: [{ offset: bad * 1024, length: 1 }] });
    const { image, plan, unread, problems } = await written(source);
    const stored = image.subarray(plan.sections.inodeTables.offset + 8 * 1024);
    expect(stored.subarray(3 * 1024, 4 * 1024)).toEqual(new Uint8Array(1024));
    expect(stored.subarray(4 * 1024, 8 * 1024)).toEqual(fs.blocks(bad + 1, 4));
    expect(unread).toEqual([{ start: bad, count: 1 }]);
    expect(problems).toEqual([expect.objectContaining({ code: 'unreadable', lost: true, group: 1, block: bad })]);
    expect(problems[0]?.message).toMatch(/^inode table of group 1: block \d+ cannot be read \(.*EIO/);
  });

  test.each([
    ['the superblock', 1],
    ['past the end', 81 - 7],
  ])('a table at an impossible block (%s) is left out and reported', async (_where, block) => {
    const fs = new ShapedFilesystem({ ...SHAPE, checksums: 'none' });
    new DataView(fs.bytes.buffer).setUint32(2048 + 32 + 8, block, true);
    const { image, plan, problems } = await written(memorySource(fs.bytes));
    const stored = image.subarray(plan.sections.inodeTables.offset);
    expect(stored.subarray(8 * 1024, 16 * 1024)).toEqual(new Uint8Array(8 * 1024));
    expect(problems).toEqual([
      {
        code: 'bad-inode-table',
        message: `group 1: block ${block} cannot be its inode table`,
        lost: true,
        group: 1,
        block,
      },
    ]);
  });

  test.each([
    ['the block after the superblock', 2],
    ['the last blocks', 81 - 8],
  ])('a table at %s is taken', async (_where, block) => {
    const fs = new ShapedFilesystem({ ...SHAPE, checksums: 'none' });
    new DataView(fs.bytes.buffer).setUint32(2048 + 32 + 8, block, true);
    expect((await written(memorySource(fs.bytes))).problems).toEqual([]);
  });

  test('a count of unused inodes that is larger than the table is reported', async () => {
    const groups = [GROUP, { ...GROUP, unused: 33 }];
    const { problems } = await written(memorySource(new ShapedFilesystem({ ...SHAPE, groups }).bytes));
    expect(problems).toEqual([expect.objectContaining({ code: 'bad-unused-count', group: 1, lost: false })]);
  });
});

describe('bitmaps', () => {
  const kinds = [
    ['block', 0],
    ['inode', 4],
  ] as const;

  test.each(kinds)('an unreadable %s bitmap is zeros in the image, and reported', async (kind) => {
    const fs = new ShapedFilesystem(SHAPE);
    const bad = fs.places(0)[`${kind}Bitmap`];
    const source = faultySource(memorySource(fs.bytes), { at: [{ offset: bad * 1024, length: 1 }] });
    const { image, plan, unread, problems } = await written(source);
    const bytes = kind === 'block' ? 5 : 4;
    const stored = image.subarray(plan.sections[`${kind}Map`].offset);
    expect(stored.subarray(0, bytes)).toEqual(new Uint8Array(bytes));
    expect(stored.subarray(bytes, 2 * bytes)).toEqual(fs.blocks(fs.places(1)[`${kind}Bitmap`]).subarray(0, bytes));
    expect(unread).toEqual([{ start: bad, count: 1 }]);
    const message = `${kind} bitmap of group 0: block ${bad} cannot be read`;
    expect(problems).toEqual([{ code: 'unreadable', message, lost: true, group: 0, block: bad }]);
  });

  test.each(kinds)('a %s bitmap at an impossible block is left out and reported', async (kind, field) => {
    const fs = new ShapedFilesystem({ ...SHAPE, checksums: 'none' });
    new DataView(fs.bytes.buffer).setUint32(2048 + 32 + field, 81, true);
    const { unread, problems } = await written(memorySource(fs.bytes));
    expect(unread).toEqual([{ start: 81, count: 1 }]);
    const message = `group 1: block 81 cannot be its ${kind} bitmap`;
    expect(problems).toEqual([{ code: 'illegal-block', message, lost: true, group: 1, block: 81 }]);
  });

  test.each(kinds)('a group without a %s bitmap has zeros in the image', async (kind, field) => {
    const fs = new ShapedFilesystem({ ...SHAPE, checksums: 'none' });
    new DataView(fs.bytes.buffer).setUint32(2048 + 32 + field, 0, true);
    const { image, plan, unread, problems } = await written(memorySource(fs.bytes));
    const bytes = kind === 'block' ? 5 : 4;
    const stored = image.subarray(plan.sections[`${kind}Map`].offset);
    expect(stored.subarray(bytes, 2 * bytes)).toEqual(new Uint8Array(bytes));
    expect([unread, problems]).toEqual([[], []]);
  });

  test('neighbouring bitmaps are read together', async () => {
    const fs = new ShapedFilesystem({ ...SHAPE, checksums: 'none' });
    // As with flex_bg: all four bitmaps next to each other.
    const view = new DataView(fs.bytes.buffer);
    for (const [group, kind, block] of [
      [0, 0, 20],
      [1, 0, 21],
      [0, 4, 22],
      [1, 4, 23],
    ] as const) {
      view.setUint32(2048 + 32 * group + kind, block, true);
    }
    let reads = 0;
    const source = {
      size: fs.bytes.length,
      readAt: (into: Uint8Array, offset: number) => {
        if (offset / 1024 >= 20 && offset / 1024 <= 23) reads++;
        into.set(fs.bytes.subarray(offset, offset + into.length));
      },
    };
    const { image, plan } = await written(source);
    expect(reads).toBe(2);
    expect(image.subarray(plan.sections.blockMap.offset).subarray(5, 10)).toEqual(fs.blocks(21).subarray(0, 5));
    expect(image.subarray(plan.sections.inodeMap.offset).subarray(4, 8)).toEqual(fs.blocks(23).subarray(0, 4));
  });

  test('a block bitmap that was never written has the bits of the metadata in its group', async () => {
    const groups = [GROUP, { ...GROUP, flags: 2 }];
    const fs = new ShapedFilesystem({ ...SHAPE, groups });
    const { image, plan } = await written(memorySource(fs.bytes));
    const stored = image.subarray(plan.sections.blockMap.offset).subarray(5, 10);
    // Superblock and descriptors: blocks 0 and 1 of the group. Bitmaps and table: 3 to 12.
    expect([...stored]).toEqual([0b1111_1011, 0b0001_1111, 0, 0, 0]);
  });

  test('an inode bitmap that was never written is zeros', async () => {
    const groups = [GROUP, { ...GROUP, flags: 1 }];
    const { image, plan } = await written(memorySource(new ShapedFilesystem({ ...SHAPE, groups }).bytes));
    expect(image.subarray(plan.sections.inodeMap.offset).subarray(4, 8)).toEqual(new Uint8Array(4));
    expect(image.subarray(plan.sections.inodeMap.offset).subarray(0, 4)).not.toEqual(new Uint8Array(4));
  });
});

describe('holes', () => {
  /** A source with holes at these runs of blocks, which fails when it must read one. */
  const withHoles = (bytes: Uint8Array, holes: readonly (readonly [start: number, count: number])[]): Source => ({
    ...faultySource(memorySource(bytes), {
      at: holes.map(([start, count]) => ({ offset: start * 1024, length: count * 1024 })),
    }),
    extentAt: (offset) => {
      const hole = holes.find(([start, count]) => offset >= start * 1024 && offset < (start + count) * 1024);
      if (hole === undefined) return { kind: 'data', offset, length: 1024 };
      return { kind: 'hole', offset, length: (hole[0] + hole[1]) * 1024 - offset };
    },
  });

  test('of the source are not read: they are zeros in the image', async () => {
    const fs = new ShapedFilesystem(SHAPE);
    const { inodeTable, blockBitmap } = fs.places(0);
    const { inodeBitmap } = fs.places(1);
    const source = withHoles(fs.bytes, [
      [inodeTable, 3],
      [inodeTable + 3, 5],
      [blockBitmap, 1],
      [inodeBitmap, 1],
    ]);
    const { image, plan, unread, problems } = await written(source);
    expect([unread, problems]).toEqual([[], []]);
    const { inodeTables, blockMap, inodeMap } = plan.sections;
    expect(image.subarray(inodeTables.offset, inodeTables.offset + 8 * 1024)).toEqual(new Uint8Array(8 * 1024));
    expect(image.subarray(inodeTables.offset).subarray(8 * 1024, 16 * 1024)).toEqual(
      fs.blocks(fs.places(1).inodeTable, 8),
    );
    expect(image.subarray(blockMap.offset, blockMap.offset + 5)).toEqual(new Uint8Array(5));
    expect(image.subarray(inodeMap.offset + 4, inodeMap.offset + 8)).toEqual(new Uint8Array(4));
  });

  test('of the image are never written', async () => {
    const groups = [
      { ...GROUP, flags: 1 },
      { ...GROUP, flags: 1 },
    ];
    const {
      calls,
      plan,
      written: bytes,
    } = await written(memorySource(new ShapedFilesystem({ ...SHAPE, groups }).bytes));
    const { inodeTables, inodeMap, size } = plan.sections;
    const writes = calls.filter(({ kind }) => kind === 'write');
    const zeros = calls.filter(({ kind }) => kind === 'zero');
    expect(
      writes.filter(({ offset }) => offset >= inodeTables.offset && offset < inodeTables.offset + 16 * 1024),
    ).toEqual([]);
    expect(writes.filter(({ offset }) => offset >= inodeMap.offset)).toEqual([]);
    expect(bytes).toBe(sum(writes.map(({ length }) => length)));
    expect(bytes + sum(zeros.map(({ length }) => length))).toBe(size);
  });
});

test('with tables of more than 4 GiB the maps are written first, and offsets still only grow', async () => {
  const GROUPS = 2400;
  const head = new Uint8Array(200 * 4096);
  const f = superblockLayout;
  const view = new DataView(head.buffer);
  head.set(new ShapedFilesystem({ ...SHAPE, blockSize: 4096, groups: [GROUP], checksums: 'none' }).superblock, 1024);
  f.s_blocks_count_lo.set(view, 1024, GROUPS * 2048);
  f.s_blocks_per_group.set(view, 1024, 2048);
  f.s_clusters_per_group.set(view, 1024, 2048);
  f.s_inodes_per_group.set(view, 1024, 16384);
  f.s_inodes_count.set(view, 1024, GROUPS * 16384);
  for (let group = 0; group < GROUPS; group++) {
    groupDescLayout.bg_block_bitmap_lo.set(view, 4096 + 32 * group, 100);
    groupDescLayout.bg_inode_bitmap_lo.set(view, 4096 + 32 * group, 101);
    groupDescLayout.bg_inode_table_lo.set(view, 4096 + 32 * group, 200);
  }
  head.fill(1, 100 * 4096, 102 * 4096);
  const source: Source = {
    size: GROUPS * 2048 * 4096,
    readAt: (into, offset) => into.set(head.subarray(offset, offset + into.length)),
    extentAt: (offset) => {
      const isHead = offset < head.length;
      return { kind: isHead ? 'data' : 'hole', offset, length: (isHead ? head.length : 2 ** 40) - offset };
    },
  };
  const plan = planNormalImage(openFilesystem(source), IDENTITY);
  const { blockMap, inodeMap, inodeTables, size } = plan.sections;
  expect([blockMap, inodeMap, inodeTables].map(({ offset }) => offset)).toEqual(
    [blockMap, inodeMap, inodeTables].map(({ offset }) => offset).sort((a, b) => a - b),
  );
  let end = 0;
  const next = (offset: number, length: number): void => {
    expect(offset).toBe(end);
    end = offset + length;
  };
  const sink = {
    isSequential: true,
    writeAt: (bytes: Uint8Array, offset: number) => next(offset, bytes.length),
    zero: next,
    skip: next,
    finish: async () => {},
    abort: () => {},
  };
  const { written: bytes } = await writeNormalImage(plan, { sink });
  expect(end).toBe(size);
  // Header, superblock, 19 descriptor blocks, and both maps.
  expect(bytes).toBe(21 * 4096 + (GROUPS * (2048 + 16384)) / 8);
});

test('errors of a device that is gone, and errors of the sink, end the image', async () => {
  const fs = new ShapedFilesystem(SHAPE);
  const { inodeTable } = fs.places(0);
  const gone = faultySource(memorySource(fs.bytes), { at: [{ offset: inodeTable * 1024, length: 1 }], code: 'ENODEV' });
  await expect(written(gone)).rejects.toMatchObject({ code: 'ENODEV' });
});
