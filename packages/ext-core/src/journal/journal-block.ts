import { type Field, u32be } from '../bytes/field.ts';

/** At the start of every block of the log that is not a copy of a file system block. */
export const JOURNAL_MAGIC = 0xc03b_3998;

/** Values of `h_blocktype`. */
export const JOURNAL_BLOCK = {
  descriptor: 1,
  commit: 2,
  superblockV1: 3,
  superblockV2: 4,
  revoke: 5,
} as const;

/** `journal_header_t`. Source: kernel Documentation/filesystems/ext4/journal.rst, "Block Header". */
export const journalHeaderLayout = {
  h_magic: u32be(0x0),
  h_blocktype: u32be(0x4),
  h_sequence: u32be(0x8),
} as const satisfies Record<string, Field>;
/** Bytes of it. */
export const JOURNAL_HEADER_SIZE = 12;

/**
 * `struct jbd2_journal_block_tail`: the last bytes of a descriptor or revoke block in a journal with checksums.
 * Source: the same, "Descriptor Block".
 */
export const journalTailLayout = {
  t_checksum: u32be(0x0),
} as const satisfies Record<string, Field>;
/** Bytes of it. */
export const JOURNAL_TAIL_SIZE = 4;
