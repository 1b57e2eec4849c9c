import { RO_COMPAT } from '../structures/features.ts';
import { BG_INODE_UNINIT } from '../structures/group-desc.ts';
import { TinyFilesystem } from '../testing/tiny-filesystem.ts';
import { openFilesystem } from './filesystem.ts';
import { unusedInodes, usedTableBlocks } from './inode-table.ts';

/** 32 inodes of 128 bytes in 4 blocks of 1 KiB. */
const plain = openFilesystem(new TinyFilesystem()).superblock;
const withChecksums = { ...plain, roCompat: plain.roCompat | RO_COMPAT.gdt_csum };

test.each([
  ['a full table', { flags: 0, itableUnused: 0 }, true, 4],
  ['a block that is used in part', { flags: 0, itableUnused: 7 }, true, 4],
  ['a last block that was never used', { flags: 0, itableUnused: 8 }, true, 3],
  ['a table of which one inode is used', { flags: 0, itableUnused: 31 }, true, 1],
  ['a table that was never used', { flags: 0, itableUnused: 32 }, true, 0],
  ['an impossible count', { flags: 0, itableUnused: 33 }, true, 4],
  ['a group flagged as never used', { flags: BG_INODE_UNINIT, itableUnused: 0 }, true, 0],
  ['a descriptor with a wrong checksum', { flags: BG_INODE_UNINIT, itableUnused: 32 }, false, 4],
])('%s has the right number of used blocks', (_what, desc, isIntact, blocks) => {
  expect(usedTableBlocks(withChecksums, desc, isIntact)).toBe(blocks);
});

test('without descriptor checksums flags and unused counts mean nothing', () => {
  expect(usedTableBlocks(plain, { flags: BG_INODE_UNINIT, itableUnused: 32 }, true)).toBe(4);
  expect(unusedInodes(plain, { itableUnused: 32 })).toBe(0);
  expect(unusedInodes(withChecksums, { itableUnused: 32 })).toBe(32);
});
