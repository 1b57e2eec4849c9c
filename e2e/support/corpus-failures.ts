/** How ours ends on an image that the C program gives up on. */
export interface Ending {
  /** 3: an image of all that can be reached. 1: there is no file system to open, and no image. */
  readonly status: 1 | 3;
  /** What is wrong with the image, and so why. */
  readonly why: string;
  /** Our words for it. */
  readonly message: RegExp;
}

/** The images of ../shared/corpus on which C's `e2image -r` fails; on all others it succeeds, and so must ours. */
export const CORPUS_FAILURES: Readonly<Record<string, Ending>> = {
  'f_desc_size_zero.gz': {
    status: 1,
    why: 's_desc_size is 0 with 64bit: where a group begins is not known',
    message: /Block group descriptor size incorrect while trying to open .*\nsuperblock: s_desc_size is 0$/m,
  },
  'f_extent_int_bad_magic.gz': {
    status: 3,
    why: 'an extent node without magic number: what hangs below it is lost, nothing else',
    message: /warning: inode 12: block 1295 is not an extent node/,
  },
  'f_illitable.gz': {
    status: 3,
    why: 'the inode table of group 0 is past the end: its inodes are lost, bitmaps and descriptors are saved',
    message: /warning: inode table of group 0: blocks 40000 to 40003 are outside the file system of 100 blocks/,
  },
  'f_zero_super.gz': {
    status: 1,
    why: 'the primary superblock is zeros: a backup is for the user to name (-b)',
    message: /Bad magic number in super-block while trying to open /,
  },
};
