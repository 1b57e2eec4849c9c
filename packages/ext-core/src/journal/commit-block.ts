import { type BytesField, bytes, type Field, u8, u32be } from '../bytes/field.ts';
import { JOURNAL_HEADER_SIZE } from './journal-block.ts';

/** `struct commit_header`. Source: kernel Documentation/filesystems/ext4/journal.rst, "Commit Block". */
export const commitBlockLayout = {
  h_header: bytes(0x0, JOURNAL_HEADER_SIZE),
  h_chksum_type: u8(0xc),
  h_chksum_size: u8(0xd),
  h_padding: bytes(0xe, 2),
  h_chksum: bytes(0x10, 32),
  h_commit_sec: bytes(0x30, 8),
  h_commit_nsec: u32be(0x38),
} as const satisfies Record<string, Field | BytesField>;
