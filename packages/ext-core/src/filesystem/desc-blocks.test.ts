import type { Problem } from '../bytes/problem.ts';
import type { Source } from '../bytes/source.ts';
import { groupFirstBlock } from '../structures/group-layout.ts';
import { readSuperblock, type Superblock, superblockLayout } from '../structures/superblock.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { DescBlocks, descTableSize } from './desc-blocks.ts';

/** A source in an array, with blocks of 1 KiB that cannot be read; every read is recorded by its blocks. */
class Disk implements Source {
  readonly bytes: Uint8Array;
  readonly unreadable = new Set<number>();
  reads: string[] = [];

  constructor(blocks: number) {
    this.bytes = new Uint8Array(blocks * 1024);
  }

  get size(): number {
    return this.bytes.length;
  }

  readAt(into: Uint8Array, offset: number): void {
    const [block, count] = [offset / 1024, into.length / 1024];
    this.reads.push(`${block}+${count}`);
    for (let i = 0; i < count; i++) {
      if (this.unreadable.has(block + i)) throw Object.assign(new Error(`bad ${block + i}`), { code: 'EIO' });
    }
    into.set(this.bytes.subarray(offset, offset + into.length));
  }
}

/** 80 groups of 256 blocks of 1 KiB: three descriptor blocks, with copies in groups 1, 3, 5, 7, 9 ... */
function superblockOf(incompat: number): Superblock {
  const { bytes, view } = new TinyFilesystem(80);
  superblockLayout.s_feature_incompat.set(view, 1024, incompat);
  return readSuperblock(bytes.slice(1024, 2048));
}

const PLAIN = superblockOf(0x42);
const META_BG = superblockOf(0x52);

function fixture(sb = PLAIN) {
  const disk = new Disk(1 + 80 * 256);
  const problems: Problem[] = [];
  return { sb, disk, problems, open: () => new DescBlocks(disk, sb, 1, (problem) => problems.push(problem)) };
}

/** Fill the three descriptor blocks after the superblock. */
function fillTable(disk: Disk): void {
  for (const block of [2, 3, 4]) fill(disk, block, 9 + block);
}

/** Fill one block. */
const fill = (disk: Disk, block: number, value: number): void => {
  disk.bytes.fill(value, block * 1024, (block + 1) * 1024);
};

/** The first byte of each KiB that a read gives. */
function read(blocks: DescBlocks, index: number, count: number): number[] {
  const into = new Uint8Array(count * 1024).fill(255);
  blocks.readAt(into, index * 1024);
  return Array.from({ length: count }, (_, at) => into[at * 1024] ?? NaN);
}

const copyOf = (sb: Superblock, group: number, index: number): number => groupFirstBlock(sb, group) + 1 + index;

describe('DescBlocks', () => {
  test('reads the blocks after the superblock in one call', () => {
    const { disk, problems, open } = fixture();
    fillTable(disk);
    const blocks = open();
    expect([blocks.size, read(blocks, 0, 3), read(blocks, 1, 1)]).toEqual([3 * 1024, [11, 12, 13], [12]]);
    expect([disk.reads, problems, blocks.unread.size]).toEqual([['2+3', '3+1'], [], 0]);
  });

  test('reads blocks of metablock groups one by one, where they are', () => {
    const { sb, disk, open } = fixture(META_BG);
    fill(disk, 2, 21);
    fill(disk, groupFirstBlock(sb, 32), 22);
    fill(disk, groupFirstBlock(sb, 64), 23);
    expect(read(open(), 0, 3)).toEqual([21, 22, 23]);
    expect(disk.reads).toEqual(['2+1', `${groupFirstBlock(sb, 32)}+1`, `${groupFirstBlock(sb, 64)}+1`]);
  });

  test('replaces an unreadable block by its first readable backup, reports it once, and does not try it again', () => {
    const { sb, disk, problems, open } = fixture();
    fillTable(disk);
    disk.unreadable.add(3).add(copyOf(sb, 1, 1));
    fill(disk, copyOf(sb, 3, 1), 99);
    const blocks = open();
    expect(read(blocks, 0, 3)).toEqual([11, 99, 13]);
    expect(problems).toEqual([
      {
        code: 'unreadable',
        message: 'group descriptors from group 32 on: block 3 cannot be read, a backup is used (bad 3)',
        lost: true,
        block: 3,
        group: 32,
      },
    ]);
    expect([...blocks.unread]).toEqual([[1, 3]]);
    disk.reads = [];
    expect([read(blocks, 1, 1), read(blocks, 0, 3), problems.length]).toEqual([[99], [11, 99, 13], 1]);
    expect(disk.reads).not.toContain('3+1');
    expect(disk.reads).not.toContain('2+3');
  });

  test('reads blocks next to an unreadable one together, once that one is known', () => {
    const { disk, open } = fixture();
    disk.unreadable.add(2);
    const blocks = open();
    read(blocks, 0, 1);
    disk.reads = [];
    read(blocks, 1, 2);
    expect(disk.reads).toEqual(['3+2']);
  });

  test('gives zeros where the block and three backups fail, and does not look further', () => {
    const { sb, disk, problems, open } = fixture();
    disk.unreadable.add(2);
    for (const group of [1, 3, 5]) disk.unreadable.add(copyOf(sb, group, 0));
    fill(disk, copyOf(sb, 7, 0), 99);
    expect(read(open(), 0, 1)).toEqual([0]);
    expect(disk.reads).toEqual(['2+1', '2+1', ...[1, 3, 5].map((group) => `${copyOf(sb, group, 0)}+1`)]);
    expect(problems[0]?.message).toBe('group descriptors from group 0 on: no copy can be read (bad 2)');
  });

  test('a copy that the source does not reach is not read', () => {
    const { sb, disk, problems } = fixture();
    disk.unreadable.add(2);
    const short: Source = {
      size: (copyOf(sb, 1, 0) + 1) * 1024 - 1,
      readAt: (into, offset) => disk.readAt(into, offset),
    };
    expect(read(new DescBlocks(short, sb, 1, (problem) => problems.push(problem)), 0, 1)).toEqual([0]);
    expect(disk.reads).toEqual(['2+1', '2+1']);
    const exact: Source = { ...short, size: short.size + 1 };
    fill(disk, copyOf(sb, 1, 0), 44);
    expect(read(new DescBlocks(exact, sb, 1), 0, 1)).toEqual([44]);
  });

  test('a source that ends inside the table gives its first block, and a backup is not reached', () => {
    const { sb, disk, problems } = fixture();
    fill(disk, 2, 11);
    const short: Source = { size: 3 * 1024, readAt: (into, offset) => disk.readAt(into, offset) };
    const blocks = new DescBlocks(short, sb, 1, (problem) => problems.push(problem));
    expect(read(blocks, 0, 3)).toEqual([11, 0, 0]);
    expect([...blocks.unread]).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(problems.map(({ block, group }) => [block, group])).toEqual([
      [3, 32],
      [4, 64],
    ]);
  });

  test('refuses a source that ends inside the first block', () => {
    const { sb, disk } = fixture();
    const open = (size: number) => () => new DescBlocks({ size, readAt: disk.readAt }, sb, 1);
    expect(open(3 * 1024)).not.toThrow();
    expect(open(3 * 1024 - 1)).toThrow(
      expect.objectContaining({
        code: 'EXT_TRUNCATED',
        message: 'group descriptors end at byte 3072, the source at byte 3071',
        detail: { block: 2 },
      }),
    );
  });

  test('throws a bug, and ENODEV, as they are', () => {
    const { sb, disk } = fixture();
    for (const error of [new TypeError('bug'), Object.assign(new Error('gone'), { code: 'ENODEV' })]) {
      const source: Source = {
        size: disk.size,
        readAt: () => {
          throw error;
        },
      };
      expect(() => read(new DescBlocks(source, sb, 1), 0, 1)).toThrow(error);
    }
  });
});

describe('descTableSize', () => {
  const sized = (groupCount: number): Superblock => ({ ...PLAIN, blockSize: 4096, descSize: 64, groupCount });

  test('is a whole number of blocks', () => {
    expect([descTableSize(sized(1)), descTableSize(sized(64)), descTableSize(sized(65))]).toEqual([4096, 4096, 8192]);
  });

  test('is refused above 128 MiB', () => {
    expect(descTableSize(sized(2 ** 21))).toBe(128 * 1024 * 1024);
    expect(() => descTableSize(sized(2 ** 21 + 1))).toThrow(
      expect.objectContaining({
        code: 'EXT_TOO_LARGE',
        message: '2097153 group descriptors exceed 134217728 bytes',
      }),
    );
  });
});
