import { MIXTURE, type Recipe } from '../recipe.ts';

/** Broken on purpose. Each says what is wrong with it; what the C tool makes of it is the test's business. */
export const recipes: readonly Recipe[] = [
  {
    name: 'damaged-extent-header',
    mke2fs: '-t ext4 -b 1024',
    size: '16M',
    debugfs: MIXTURE,
    damage: { what: 'the extent header of a directory has a bad magic', debugfs: ['sif /folder block[0] 0x1234'] },
  },
  {
    name: 'damaged-double-indirect',
    mke2fs: '-t ext2 -b 1024',
    size: '16M',
    debugfs: MIXTURE,
    damage: {
      what: 'a double indirect pointer leads past the end',
      debugfs: ['sif /folder/deep/deeper/ragged block[DIND] 9999999'],
    },
    cRefuses: 'D-17: one bad pointer ends the run',
  },
  {
    name: 'damaged-directory-pointer',
    mke2fs: '-t ext2 -b 1024',
    size: '16M',
    debugfs: MIXTURE,
    damage: { what: 'a block of a directory is past the end', debugfs: ['sif /folder block[1] 8888888'] },
    fast: true,
  },
  {
    name: 'damaged-xattr-pointer',
    mke2fs: '-t ext4 -b 1024',
    size: '16M',
    debugfs: MIXTURE,
    damage: { what: 'the attribute block of a file is past the end', debugfs: ['sif /tiny file_acl 7777777'] },
  },
  {
    name: 'damaged-self-reference',
    mke2fs: '-t ext2 -b 1024',
    size: '16M',
    debugfs: MIXTURE,
    damage: {
      what: 'indirect and double indirect pointers name the same block',
      debugfs: ['sif /folder/deep/text block[IND] 3000', 'sif /folder/deep/text block[DIND] 3000'],
    },
  },
  {
    name: 'damaged-descriptor-unused',
    mke2fs: '-t ext4 -b 1024',
    size: '16M',
    debugfs: MIXTURE,
    damage: {
      what: 'a group has fewer used inodes by its descriptor than it holds',
      debugfs: ['set_bg 0 itable_unused 500'],
    },
  },
  {
    name: 'damaged-link-count',
    mke2fs: '-t ext4 -b 1024',
    size: '16M',
    debugfs: [...MIXTURE, 'write @comb1k comb'],
    damage: {
      what: 'a directory and a fragmented file have no links',
      debugfs: ['sif /folder links_count 0', 'sif /comb links_count 0'],
    },
    fast: true,
  },
  {
    // As a crash leaves them: e2fsck -n does not work on the list, so it cannot call this clean.
    name: 'orphan-inodes',
    mke2fs: '-t ext4 -b 1024',
    size: '32M',
    debugfs: ['write @comb1k orphan', 'write @ragged second'],
    damage: {
      what: 'two open files were unlinked before the crash',
      debugfs: [
        'sif orphan links_count 0',
        'sif second links_count 0',
        'unlink orphan',
        'unlink second',
        'ssv last_orphan 12',
        'sif <12> dtime 13',
      ],
    },
    fast: true,
  },
];
