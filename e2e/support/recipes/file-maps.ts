import { MIXTURE, type Recipe } from '../recipe.ts';

/** How inodes find their blocks: indirect blocks of each depth, extent trees, unwritten and missing ranges. */
export const recipes: readonly Recipe[] = [
  {
    name: 'maps-triple-1k',
    mke2fs: '-t ext2 -b 1024',
    size: '32M',
    debugfs: [...MIXTURE, 'write @triple1k triple', 'write @comb1k comb'],
    fast: true,
  },
  { name: 'maps-triple-2k', mke2fs: '-t ext2 -b 2048', size: '64M', debugfs: [...MIXTURE, 'write @triple2k triple'] },
  {
    name: 'maps-double-4k',
    mke2fs: '-t ext3 -b 4096',
    size: '64M',
    debugfs: [...MIXTURE, 'write @double4k double', 'write @comb4k comb'],
  },
  {
    name: 'maps-in-ext4',
    mke2fs: '-t ext4 -b 1024 -O ^extent,^64bit',
    size: '64M',
    debugfs: [...MIXTURE, 'write @triple1k triple'],
  },
  {
    name: 'maps-many-indirect',
    mke2fs: '-t ext2 -b 1024 -N 512',
    size: '64M',
    debugfs: Array.from({ length: 12 }, (_, index) => `write @ragged file${index}`),
  },
  {
    name: 'extents-depth-1',
    mke2fs: '-t ext4 -b 4096',
    size: '64M',
    debugfs: [...MIXTURE, 'write @double4k sparse', 'write @comb64k comb'],
    fast: true,
  },
  {
    name: 'extents-depth-2-1k',
    mke2fs: '-t ext4 -b 1024',
    size: '64M',
    debugfs: [...MIXTURE, 'write @comb1k comb', 'write @triple1k triple'],
    fast: true,
  },
  { name: 'extents-depth-2-4k', mke2fs: '-t ext4 -b 4096', size: '64M', debugfs: [...MIXTURE, 'write @comb4k comb'] },
  { name: 'extents-depth-3', mke2fs: '-t ext4 -b 1024', size: '96M', debugfs: ['write @deepcomb1k comb'], slow: true },
  {
    name: 'extents-nocsum',
    mke2fs: '-t ext4 -b 1024 -O ^metadata_csum,^64bit',
    size: '64M',
    debugfs: ['write @comb1k comb'],
  },
  {
    name: 'extents-unwritten',
    mke2fs: '-t ext4 -b 4096',
    size: '64M',
    debugfs: [
      ...MIXTURE,
      'write @empty prepared',
      'fallocate prepared 0 2000',
      'sif prepared size 8192000',
      'punch prepared 100 200',
      'punch prepared 900 901',
    ],
  },
  {
    name: 'extents-punched',
    mke2fs: '-t ext4 -b 1024',
    size: '32M',
    debugfs: [...MIXTURE, ...holes('folder/deep/deeper/ragged', 2200)],
  },
  {
    name: 'symlinks',
    mke2fs: '-t ext4 -b 1024',
    size: '16M',
    debugfs: [1, 58, 59, 60, 61, 100, 500, 900, 1000].map((length) => `symlink link${length} ${'t'.repeat(length)}`),
    fast: true,
  },
  {
    name: 'symlinks-ext2',
    mke2fs: '-t ext2 -b 4096 -I 128',
    size: '16M',
    debugfs: [1, 59, 60, 255, 4000].map((length) => `symlink link${length} ${'t'.repeat(length)}`),
  },
  {
    name: 'devices',
    mke2fs: '-t ext4 -b 4096',
    size: '16M',
    debugfs: [
      ...Array.from({ length: 60 }, (_, index) => `mknod node${index} ${index % 2 ? 'b' : 'c'} ${index} ${index * 5}`),
      'mknod pipe p',
      'mknod socket p',
      'sif socket mode 0140644',
    ],
    fsck: '-fy',
  },
  {
    name: 'deleted-files',
    mke2fs: '-t ext4 -b 1024',
    size: '32M',
    debugfs: [...MIXTURE, 'write @comb1k gone', 'rm gone', 'rm folder/deep/text'],
  },
];

/** Requests that free every third block of a file. */
function holes(path: string, blocks: number): string[] {
  return Array.from({ length: Math.floor(blocks / 3) }, (_, index) => `punch ${path} ${index * 3} ${index * 3}`);
}
