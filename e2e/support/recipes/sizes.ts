import { MIXTURE, MORSEL, manyFiles, type Recipe } from '../recipe.ts';

/** From 512 blocks to 14 TiB, from empty to full, and ends that are not a multiple of a group. */
export const recipes: readonly Recipe[] = [
  { name: 'blocks-512', mke2fs: '-t ext2 -b 1024', size: '512', debugfs: MORSEL, fast: true },
  { name: 'blocks-512-ext4', mke2fs: '-t ext4 -b 1024 -O ^has_journal -N 32', size: '512', debugfs: MORSEL },
  { name: 'empty-ext2', mke2fs: '-t ext2 -b 1024', size: '4M', fast: true },
  { name: 'empty-ext4', mke2fs: '-t ext4 -b 4096', size: '64M' },
  {
    name: 'full-of-files',
    mke2fs: '-t ext4 -b 1024 -m 0 -O ^has_journal -N 1024',
    size: '8M',
    debugfs: [...manyFiles('mega', 6), ...manyFiles('block', 200, 'end')],
    fast: true,
  },
  { name: 'full-of-inodes', mke2fs: '-t ext4 -b 1024 -N 128', size: '8M', debugfs: manyFiles('tiny', 110) },
  { name: 'ragged-end-1k', mke2fs: '-t ext4 -b 1024', size: '20013', debugfs: MIXTURE, fast: true },
  { name: 'ragged-end-4k', mke2fs: '-t ext4 -b 4096', size: '36877', debugfs: MIXTURE },
  { name: 'ragged-end-ext2', mke2fs: '-t ext2 -b 1024', size: '24933', debugfs: MIXTURE },
  // mke2fs drops a last group that is too small for its tables; this one is just large enough.
  { name: 'tiny-last-group', mke2fs: '-t ext2 -b 1024 -g 4096 -N 64', size: '16500', debugfs: MIXTURE },
  { name: 'groups-of-256-blocks', mke2fs: '-t ext4 -b 1024 -g 256 -N 1024', size: '24M', debugfs: MIXTURE },
  { name: 'groups-many-inodes', mke2fs: '-t ext4 -b 1024 -i 1024', size: '24M', debugfs: MIXTURE },
  { name: 'sparse-1g', mke2fs: '-t ext4 -b 4096', size: '1G', debugfs: MIXTURE },
  { name: 'sparse-20g-32bit', mke2fs: '-t ext4 -b 4096 -O ^64bit -i 1048576', size: '20G', debugfs: MIXTURE },
  {
    name: 'sparse-300g-lazy',
    mke2fs: '-t ext4 -b 4096 -i 1048576 -E lazy_itable_init=1,lazy_journal_init=1',
    size: '300G',
    debugfs: MIXTURE,
  },
  {
    name: 'sparse-200g-1k',
    mke2fs: '-t ext4 -b 1024 -O ^resize_inode -N 300000 -J size=4 -E lazy_itable_init=1',
    size: '200G',
    debugfs: MIXTURE,
  },
  {
    name: 'sparse-14t',
    mke2fs: '-t ext4 -b 4096 -O ^resize_inode -i 16777216 -J size=64 -E lazy_itable_init=1,lazy_journal_init=1',
    size: '14T',
    debugfs: MIXTURE,
    slow: true,
  },
];
