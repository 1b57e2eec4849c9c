import fc from 'fast-check';
import { isExtError } from '../bytes/errors.ts';
import { groupDescLayout } from '../structures/group-desc.ts';
import { superblockLayout } from '../structures/superblock.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { selectBlocks } from '../walk/select-blocks.ts';
import { readIsolated } from './block-reader.ts';
import { openFilesystem } from './filesystem.ts';

const f = superblockLayout;

describe('openFilesystem', () => {
  test.each([
    ['no magic', f.s_magic, 0, 'EXT_BAD_MAGIC'],
    ['a later revision', f.s_rev_level, 2, 'EXT_REVISION'],
    ['an unknown incompatible feature', f.s_feature_incompat, 0x8000_0000, 'EXT_UNSUPPORTED_FEATURE'],
    ['an external journal', f.s_feature_incompat, 0x8, 'EXT_UNSUPPORTED_FEATURE'],
    ['a block size of 2 TiB', f.s_log_block_size, 31, 'EXT_CORRUPT_SUPERBLOCK'],
    ['a cluster smaller than a block', f.s_log_cluster_size, 0xffff_ffff, 'EXT_CORRUPT_SUPERBLOCK'],
    ['no blocks in a group', f.s_blocks_per_group, 0, 'EXT_CORRUPT_SUPERBLOCK'],
    ['no inodes in a group', f.s_inodes_per_group, 0, 'EXT_CORRUPT_SUPERBLOCK'],
    ['an inode size of 130', f.s_inode_size, 130, 'EXT_CORRUPT_SUPERBLOCK'],
    ['an inode larger than a block', f.s_inode_size, 2048, 'EXT_CORRUPT_SUPERBLOCK'],
    ['a first data block past the end', f.s_first_data_block, 0xffff_ffff, 'EXT_CORRUPT_SUPERBLOCK'],
    ['an inode count that no groups give', f.s_inodes_count, 65, 'EXT_CORRUPT_SUPERBLOCK'],
    ['64bit descriptors of no size', f.s_feature_incompat, 0x80, 'EXT_DESC_SIZE'],
  ])('refuses %s', (_name, field, value, code) => {
    const tiny = new TinyFilesystem();
    expect(openFilesystem(tiny).groupCount).toBe(2);
    field.set(tiny.view, 1024, value);
    expect(() => openFilesystem(tiny)).toThrow(expect.objectContaining({ code }));
  });

  test('refuses another block size than the caller names', () => {
    expect(() => openFilesystem(new TinyFilesystem(), { blockSize: 4096 })).toThrow(
      expect.objectContaining({ code: 'EXT_UNEXPECTED_BLOCK_SIZE' }),
    );
  });

  test('refuses a source that ends before the superblock', () => {
    const source = { size: 1500, readAt: () => {} };
    expect(() => openFilesystem(source)).toThrow(expect.objectContaining({ code: 'EXT_TRUNCATED' }));
  });

  test('reports a source that is shorter than the file system', () => {
    const tiny = new TinyFilesystem();
    const source = { size: 300 * 1024, readAt: (into: Uint8Array, offset: number) => tiny.readAt(into, offset) };
    const codes: string[] = [];
    openFilesystem(source, { onProblem: ({ code }) => void codes.push(code) });
    expect(codes).toEqual(['short-source']);
  });

  test.each([[{ superblockBlock: 257 }], [{ superblockBlock: 257, blockSize: 1024 }]])(
    'opens through a backup: %j',
    (options) => {
      const tiny = new TinyFilesystem();
      tiny.bytes.copyWithin(257 * 1024, 1024, 3 * 1024);
      tiny.bytes.fill(0, 1024, 3 * 1024);
      const fs = openFilesystem(tiny, options);
      expect(fs.superblockBlock).toBe(257);
      expect(fs.groupDesc(1).inodeTable).toBe(263);
    },
  );

  test('gives the bytes, the numbers and the blocks of the file system', () => {
    const tiny = new TinyFilesystem();
    tiny.bytes[20 * 1024] = 77;
    const problems: string[] = [];
    const fs = openFilesystem(tiny, { blockSize: 1024, onProblem: ({ code }) => void problems.push(code) });
    expect(fs).toMatchObject({ superblockBlock: 1, blockSize: 1024, blocksCount: 513, groupCount: 2, source: tiny });
    expect([...fs.superblockBytes]).toEqual([...tiny.bytes.subarray(1024, 2048)]);
    const into = new Uint8Array(1024);
    fs.readBlocks(into, 20);
    expect([into[0], fs.unreadDescBlocks, problems]).toEqual([77, [], []]);
  });

  test('reports a source that is one byte too short, with the first missing block', () => {
    const tiny = new TinyFilesystem();
    const problems: unknown[] = [];
    const source = { size: tiny.size - 1, readAt: (into: Uint8Array, offset: number) => tiny.readAt(into, offset) };
    openFilesystem(source, { onProblem: (problem) => void problems.push(problem) });
    expect(problems).toEqual([
      {
        code: 'short-source',
        message: 'the file system has 513 blocks of 1024 bytes, the source ends at byte 525311',
        lost: false,
        block: 512,
      },
    ]);
  });

  test('does not believe the flags of a group whose descriptors come from a backup', () => {
    const tiny = new TinyFilesystem(40);
    f.s_feature_ro_compat.set(tiny.view, 1024, 0x11);
    for (const group of [1, 33]) {
      groupDescLayout.bg_flags.set(tiny.view, 2 * 1024 + 32 * group, 0x7);
      groupDescLayout.bg_itable_unused_lo.set(tiny.view, 2 * 1024 + 32 * group, 32);
    }
    tiny.bytes.copyWithin(257 * 1024, 1024, 4 * 1024);
    tiny.unreadable.add(3);
    const fs = openFilesystem(tiny);
    expect(fs.unreadDescBlocks).toEqual([3]);
    expect(fs.groupDesc(1)).toMatchObject({ flags: 7, itableUnused: 32 });
    expect(fs.groupDesc(33)).toMatchObject({ flags: 4, itableUnused: 0 });
  });

  test.each([
    ['no superblock anywhere', { superblockBlock: 100 }, 'EXT_BAD_MAGIC'],
    ['a backup whose block size does not fit its offset', { superblockBlock: 256 }, 'EXT_BAD_MAGIC'],
    ['a block after the end', { superblockBlock: 600 }, 'EXT_TRUNCATED'],
    ['another block size than the backup has', { superblockBlock: 257, blockSize: 2048 }, 'EXT_TRUNCATED'],
  ])('refuses %s', (_name, options, code) => {
    const tiny = new TinyFilesystem();
    tiny.bytes.copyWithin(257 * 1024, 1024, 3 * 1024);
    expect(() => openFilesystem(tiny, options)).toThrow(expect.objectContaining({ code }));
  });

  test('reports what is wrong in a backup rather than that other block sizes have none', () => {
    const tiny = new TinyFilesystem();
    tiny.bytes.copyWithin(100 * 2048, 1024, 2048);
    expect(() => openFilesystem(tiny, { superblockBlock: 100 })).toThrow(
      expect.objectContaining({
        code: 'EXT_UNEXPECTED_BLOCK_SIZE',
        message: 'superblock: block size is 1024, expected 2048',
      }),
    );
  });

  test('a superblock may be the last of the source', () => {
    const { bytes } = new TinyFilesystem();
    const source = (size: number) => ({
      size,
      readAt: (into: Uint8Array, offset: number) => into.set(bytes.subarray(offset, offset + into.length)),
    });
    expect(() => openFilesystem(source(2047))).toThrow('superblock at byte 1024: the source ends at byte 2047');
    expect(() => openFilesystem(source(2048))).toThrow('group descriptors end at byte 3072, the source at byte 2048');
  });

  test('a backup does not say which groups were never used', () => {
    const tiny = new TinyFilesystem();
    f.s_feature_ro_compat.set(tiny.view, 1024, 0x11);
    groupDescLayout.bg_flags.set(tiny.view, 2 * 1024 + 32, 0x7);
    groupDescLayout.bg_itable_unused_lo.set(tiny.view, 2 * 1024 + 32, 32);
    tiny.bytes.copyWithin(257 * 1024, 1024, 3 * 1024);
    expect(openFilesystem(tiny).groupDesc(1)).toMatchObject({ flags: 7, itableUnused: 32 });
    expect(openFilesystem(tiny, { superblockBlock: 257 }).groupDesc(1)).toMatchObject({ flags: 4, itableUnused: 0 });
  });
});

test('whatever the bytes are, opening and selecting give a result or an ExtError, with a bounded number of reads', () => {
  const template = new TinyFilesystem();
  template.mapped(12, 'directory', { 0: 50, 12: 40, 13: 41, 14: 42 });
  template.extents(13, 'directory', 2, [[0, 0, 43]]);
  template.extentNode(43 * 1024, 84, 1, [[0, 0, 44]]);
  const hot = fc.oneof(
    fc.integer({ min: 1024, max: 2047 }),
    fc.integer({ min: 2048, max: 2112 }),
    fc.integer({ min: 7 * 1024, max: 11 * 1024 }),
    fc.integer({ min: 40 * 1024, max: 45 * 1024 }),
  );
  const mutation = fc.tuple(hot, fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 255, 127, 128, 40, 43)));
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 12 }), fc.boolean(), (mutations, allData) => {
      const tiny = new TinyFilesystem();
      tiny.bytes.set(template.bytes);
      for (const [at, value] of mutations) tiny.bytes[at] = value;
      const before = tiny.blocksRead;
      try {
        const fs = openFilesystem(tiny, { onProblem: () => {} });
        selectBlocks(fs, { selection: 'complete', allData, onProblem: () => {} });
      } catch (error) {
        if (!isExtError(error)) throw error;
      }
      // Ten times the blocks of the file system.
      expect(tiny.blocksRead - before).toBeLessThan(5130);
    }),
    { numRuns: 400 },
  );
});

describe('a read that fails', () => {
  test.each([
    ['EIO', 'costs that block', 'reported'],
    ['ENODEV', 'is the end: the device is gone, not its blocks bad', 'thrown'],
  ])('with %s %s', (code, _, outcome) => {
    const tiny = new TinyFilesystem();
    let isGone = false;
    const source = {
      size: tiny.size,
      readAt(into: Uint8Array, offset: number) {
        if (isGone) throw Object.assign(new Error(code), { code });
        tiny.readAt(into, offset);
      },
    };
    const fs = openFilesystem(source);
    isGone = true;
    const reported: number[] = [];
    const read = (): void => readIsolated(fs, new Uint8Array(fs.blockSize), 1, (block) => reported.push(block));
    if (outcome === 'thrown') expect(read).toThrow(expect.objectContaining({ code }));
    else expect(read).not.toThrow();
    expect(reported).toEqual(outcome === 'reported' ? [1] : []);
  });
});
