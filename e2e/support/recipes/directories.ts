import { MIXTURE, manyNames, type Recipe } from '../recipe.ts';

/** Linear and indexed directories; e2fsck -fyD makes the index. */
export const recipes: readonly Recipe[] = [
  {
    name: 'htree-1-level',
    mke2fs: '-t ext4 -b 1024',
    size: '32M',
    debugfs: [...MIXTURE, 'mkdir many', ...manyNames('many', 900)],
    fsck: '-fyD',
    fast: true,
  },
  {
    name: 'htree-2-levels',
    mke2fs: '-t ext4 -b 1024 -N 4096',
    size: '32M',
    debugfs: ['mkdir many', ...manyNames('many', 1500, 200)],
    fsck: '-fyD',
    fast: true,
  },
  {
    name: 'htree-2-levels-ext3',
    mke2fs: '-t ext3 -b 1024 -N 4096',
    size: '32M',
    debugfs: ['mkdir many', ...manyNames('many', 1500, 200)],
    fsck: '-fyD',
  },
  {
    name: 'htree-4k',
    mke2fs: '-t ext4 -b 4096 -N 8192',
    size: '64M',
    debugfs: ['mkdir many', ...manyNames('many', 4000, 60)],
    fsck: '-fyD',
  },
  {
    name: 'directory-linear',
    mke2fs: '-t ext2 -b 1024 -O ^dir_index -N 4096',
    size: '32M',
    debugfs: ['mkdir many', ...manyNames('many', 2000, 30)],
  },
  {
    name: 'directory-of-directories',
    mke2fs: '-t ext4 -b 1024 -N 4096',
    size: '32M',
    debugfs: Array.from({ length: 600 }, (_, index) => `mkdir folder-number-${index}`),
  },
  {
    name: 'directory-expanded',
    mke2fs: '-t ext4 -b 1024',
    size: '32M',
    debugfs: ['mkdir wide', ...Array.from({ length: 300 }, () => 'expand_dir wide'), 'write @tiny wide/file'],
  },
  {
    name: 'directory-inline-and-large-dir',
    mke2fs: '-t ext4 -b 4096 -O large_dir,inline_data',
    size: '32M',
    debugfs: [...MIXTURE, 'mkdir small', 'write @tiny small/one', 'mkdir many', ...manyNames('many', 900)],
    fsck: '-fyD',
  },
];
