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

test('whatever the bytes are, opening and selecting give a result or an ExtError, in bounded time', () => {
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
      const started = performance.now();
      try {
        const fs = openFilesystem(tiny, { onProblem: () => {} });
        selectBlocks(fs, { selection: 'complete', allData, onProblem: () => {} });
      } catch (error) {
        if (!isExtError(error)) throw error;
      }
      expect(performance.now() - started).toBeLessThan(2000);
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
