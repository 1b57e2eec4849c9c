import { superblockLayout } from '@e2image/ext-core/structures';
import { type Shape, ShapedFilesystem, TinyFilesystem } from '@e2image/ext-core/testing';
import { memorySource } from '@e2image/sparse-io/testing';
import type { ImageContent } from './content.ts';
import { rawContent } from './raw-content.ts';

const BACKUP = 257;
const DIRECTORY = 40;
const DATA = 41;

/** Two groups: a directory with block 40, a file with block 41, and a boot sector. */
function filesystem(): TinyFilesystem {
  const tiny = new TinyFilesystem();
  tiny.bytes.fill(0xee, 0, 1024);
  tiny.mapped(2, 'directory', { 0: DIRECTORY });
  tiny.mapped(12, 'regular', { 0: DATA });
  for (const block of [DIRECTORY, DATA]) tiny.bytes.fill(7, block * 1024, (block + 1) * 1024);
  return tiny;
}

/** The same with a backup superblock in group 1, as a complete image has it. */
function complete(): TinyFilesystem {
  const tiny = filesystem();
  tiny.bytes.set(tiny.bytes.subarray(1024, 2048), BACKUP * 1024);
  superblockLayout.s_block_group_nr.set(tiny.view, BACKUP * 1024, 1);
  return tiny;
}

/** Numbers of the blocks that a content writes. */
const blocksOf = ({ segments }: ImageContent): number[] =>
  segments.flatMap(({ offset, length }) => Array.from({ length: length / 1024 }, (_, i) => offset / 1024 + i));

const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + i);

/** Descriptors, bitmaps and tables of both groups. */
const METADATA = [2, 5, 6, ...range(7, 4), 261, 262, ...range(263, 4)];

test('takes the metadata; not the boot sector, not the superblock, not the contents of files', async () => {
  const content = await rawContent('raw', filesystem(), []);
  expect(blocksOf(content)).toEqual([...METADATA, DIRECTORY].sort((a, b) => a - b));
  expect(content).toMatchObject({ format: 'raw', hasJournal: true, unread: [], problems: [] });
  expect(content.superblock).toEqual(filesystem().bytes.subarray(1024, 2048));
  expect([...(content.kinds.get('directory')?.runs() ?? [])]).toEqual([{ start: DIRECTORY, count: 1 }]);
});

test('segments come from the same bytes of the image', async () => {
  const { segments } = await rawContent('QCOW2', filesystem(), []);
  expect(segments.every(({ offset, from }) => offset === from)).toBe(true);
});

test('backups are taken from an image that has all of them', async () => {
  const tiny = complete();
  const blocks = blocksOf(await rawContent('raw', tiny, []));
  expect(blocks).toContain(BACKUP);
  // The backup of the descriptors is zeros here: it may never have been in the image.
  expect(blocks).not.toContain(BACKUP + 1);
});

test.each([
  [
    'says that it is in another group',
    (tiny: TinyFilesystem) => superblockLayout.s_block_group_nr.set(tiny.view, BACKUP * 1024, 0),
  ],
  ['has another UUID', (tiny: TinyFilesystem) => superblockLayout.s_uuid.get(tiny.view, BACKUP * 1024).fill(9)],
])('a backup that %s is not taken', async (_what, damage) => {
  const tiny = complete();
  damage(tiny);
  expect(blocksOf(await rawContent('raw', tiny, []))).not.toContain(BACKUP);
});

test('the MMP block is left alone', async () => {
  const tiny = filesystem();
  tiny.mmp(50, { sequence: 1 });
  expect(blocksOf(await rawContent('raw', tiny, []))).toEqual([...METADATA, DIRECTORY].sort((a, b) => a - b));
});

test('blocks that were never read, and those past the end of the image, are left out and listed', async () => {
  const tiny = filesystem();
  const unread = [{ offset: DIRECTORY * 1024 + 512, length: 512 }];
  const short = { size: 264 * 1024, readAt: tiny.readAt.bind(tiny) };
  const content = await rawContent('raw', short, unread);
  expect(blocksOf(content)).toEqual([2, 5, 6, ...range(7, 4), 261, 262, 263]);
  expect(content.unread).toEqual([
    { offset: DIRECTORY * 1024, length: 1024 },
    { offset: 264 * 1024, length: 3 * 1024 },
  ]);
  expect(content.problems.map(({ code }) => code)).toContain('short-source');
});

test('an image whose superblock was never read is refused', async () => {
  await expect(rawContent('raw', filesystem(), [{ offset: 1536, length: 1 }])).rejects.toMatchObject({
    code: 'RESTORE_UNREAD',
  });
});

describe('the unused part of a table that is flagged as zeroed', () => {
  const ZEROED = 4;
  const GROUP = { flags: 0, unused: 0, isDamaged: false };

  /** One group with a table of 8 blocks, 4 inodes each; no inode is in use. */
  const shaped = (group: Partial<typeof GROUP>, checksums: Shape['checksums'] = 'gdt_csum'): ShapedFilesystem => {
    const fs = new ShapedFilesystem({
      blockSize: 1024,
      groups: [{ ...GROUP, ...group }],
      descSize: 32,
      inodeSize: 256,
      inodesPerGroup: 32,
      clustersPerGroup: 40,
      clusterRatio: 1,
      lastGroupBlocks: 40,
      checksums,
      firstMetaBg: undefined,
      seed: 1,
    });
    fs.blocks(fs.places(0).inodeTable, 8).fill(0);
    return fs;
  };
  const tableOf = async (fs: ShapedFilesystem): Promise<number[]> => {
    const { inodeTable } = fs.places(0);
    const blocks = blocksOf(await rawContent('raw', memorySource(fs.bytes), []));
    return blocks.filter((block) => block >= inodeTable && block < inodeTable + 8).map((block) => block - inodeTable);
  };

  test('is written with zeros, whatever the image has there', async () => {
    const fs = shaped({ flags: ZEROED, unused: 9 });
    fs.blocks(fs.places(0).inodeTable + 6, 2).fill(9);
    const { segments, kinds } = await rawContent('raw', memorySource(fs.bytes), []);
    const offset = (fs.places(0).inodeTable + 6) * 1024;
    const zeroed = segments.find((segment) => segment.offset === offset);
    expect(zeroed?.length).toBe(2048);
    const bytes = new Uint8Array(2048).fill(1);
    zeroed?.source.readAt(bytes, zeroed.from);
    expect(bytes).toEqual(new Uint8Array(2048));
    expect([...(kinds.get('inode table')?.runs() ?? [])]).toEqual([{ start: fs.places(0).inodeTable, count: 8 }]);
    expect(await tableOf(fs)).toEqual(range(0, 8));
  });

  test('is the whole table of a group that never used it', async () => {
    expect(await tableOf(shaped({ flags: ZEROED | 1 }))).toEqual(range(0, 8));
  });

  test.each([
    ['without the flag', { unused: 9 }, 'gdt_csum', range(0, 6)],
    ['of a group that never used it, without the flag', { flags: 1 }, 'gdt_csum', []],
    ['with a damaged descriptor', { flags: ZEROED, unused: 9, isDamaged: true }, 'gdt_csum', range(0, 6)],
    ['without descriptor checksums', { flags: ZEROED, unused: 9 }, 'none', range(0, 8)],
  ] as const)('is not written %s', async (_what, group, checksums, expected) => {
    expect(await tableOf(shaped(group, checksums))).toEqual(expected);
  });
});
