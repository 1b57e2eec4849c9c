import { MIXTURE, MORSEL, type Recipe } from '../recipe.ts';

/** Block and inode sizes, with and without bigalloc. */
export const recipes: readonly Recipe[] = [
  { name: 'ext4-1k', mke2fs: '-t ext4 -b 1024', size: '24M', debugfs: MIXTURE, fast: true },
  { name: 'ext4-2k', mke2fs: '-t ext4 -b 2048', size: '24M', debugfs: MIXTURE, fast: true },
  { name: 'ext4-4k', mke2fs: '-t ext4 -b 4096', size: '32M', debugfs: MIXTURE, fast: true },
  { name: 'ext4-8k', mke2fs: '-t ext4 -b 8192', size: '48M', debugfs: MIXTURE },
  { name: 'ext4-16k', mke2fs: '-t ext4 -b 16384', size: '64M', debugfs: MIXTURE },
  { name: 'ext4-32k', mke2fs: '-t ext4 -b 32768', size: '128M', debugfs: MIXTURE },
  { name: 'ext4-64k', mke2fs: '-t ext4 -b 65536', size: '256M', debugfs: MIXTURE, fast: true },
  { name: 'ext2-1k', mke2fs: '-t ext2 -b 1024', size: '24M', debugfs: MIXTURE, fast: true },
  { name: 'ext2-4k', mke2fs: '-t ext2 -b 4096', size: '32M', debugfs: MIXTURE },
  { name: 'ext2-64k', mke2fs: '-t ext2 -b 65536', size: '256M', debugfs: MIXTURE },
  { name: 'ext3-1k', mke2fs: '-t ext3 -b 1024', size: '24M', debugfs: MIXTURE },
  { name: 'ext3-4k', mke2fs: '-t ext3 -b 4096', size: '32M', debugfs: MIXTURE, fast: true },
  { name: 'revision-0', mke2fs: '-t ext2 -b 1024 -r 0 -O none', size: '8M', debugfs: MORSEL },
  { name: 'inodes-of-128', mke2fs: '-t ext4 -b 4096 -I 128 -O ^extra_isize', size: '32M', debugfs: MIXTURE },
  { name: 'inodes-of-512', mke2fs: '-t ext4 -b 4096 -I 512', size: '32M', debugfs: MIXTURE },
  { name: 'inodes-of-1024', mke2fs: '-t ext4 -b 1024 -I 1024', size: '32M', debugfs: MIXTURE, fast: true },
  { name: 'inodes-of-4096', mke2fs: '-t ext4 -b 4096 -I 4096', size: '32M', debugfs: MIXTURE },
  { name: 'bigalloc-16k', mke2fs: '-t ext4 -O bigalloc -b 4096 -C 16384', size: '64M', debugfs: MIXTURE, fast: true },
  { name: 'bigalloc-64k', mke2fs: '-t ext4 -O bigalloc -b 4096 -C 65536', size: '128M', debugfs: MIXTURE },
  {
    name: 'bigalloc-1k-16k',
    mke2fs: '-t ext4 -O bigalloc -b 1024 -C 16384',
    size: '96M',
    debugfs: MIXTURE,
    fast: true,
  },
  { name: 'bigalloc-1m', mke2fs: '-t ext4 -O bigalloc -b 4096 -C 1048576', size: '512M', debugfs: MIXTURE },
  {
    name: 'bigalloc-fragmented',
    mke2fs: '-t ext4 -O bigalloc -b 1024 -C 2048',
    size: '64M',
    debugfs: [...MIXTURE, 'write @comb4k comb'],
  },
];
