import type { ExtErrorCode } from '@e2image/ext-core';

/**
 * What C e2image says when a file system cannot be opened: people search for these sentences. The line after
 * them is ours, and names the field.
 * Source: observed with `e2image 1.47.0`.
 */
const TEXTS: Readonly<Record<ExtErrorCode, string>> = {
  EXT_BAD_MAGIC: 'Bad magic number in super-block',
  EXT_CORRUPT: 'The ext2 superblock is corrupt',
  EXT_CORRUPT_SUPERBLOCK: 'The ext2 superblock is corrupt',
  EXT_DESC_SIZE: 'Block group descriptor size incorrect',
  EXT_REVISION: 'Filesystem revision too high',
  EXT_TOO_LARGE: 'Filesystem is too large',
  EXT_TRUNCATED: 'Attempt to read block from filesystem resulted in short read',
  EXT_UNEXPECTED_BLOCK_SIZE: 'Filesystem has unexpected block size',
  EXT_UNSUPPORTED_FEATURE: 'Filesystem has unsupported feature(s)',
};

/** The C tool's words for an error of `openFilesystem`. */
export const openFailureText = (code: ExtErrorCode): string => TEXTS[code];
