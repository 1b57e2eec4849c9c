import { type BytesField, blockNumber, bytes, type Field, u32be } from '../bytes/field.ts';
import { JOURNAL_HEADER_SIZE } from './journal-block.ts';
import { hasWideBlockNumbers, type JournalSuperblock, logContentEnd } from './journal-superblock.ts';

/**
 * `jbd2_journal_revoke_header_t`; `r_count` counts the bytes in use, this header included.
 * Source: kernel Documentation/filesystems/ext4/journal.rst, "Revocation Block".
 */
export const revokeHeaderLayout = {
  r_header: bytes(0x0, JOURNAL_HEADER_SIZE),
  r_count: u32be(0xc),
} as const satisfies Record<string, Field | BytesField>;
/** Bytes of it. */
const REVOKE_HEADER_SIZE = 16;

/** A revoked block in a journal with block numbers of 32 bits. */
export const revokeLayout = {
  blocknr: u32be(0x0),
} as const satisfies Record<string, Field>;

/** A revoked block in a journal with block numbers of 64 bits. */
export const revoke64Layout = {
  blocknr_high: u32be(0x0),
  blocknr: u32be(0x4),
} as const satisfies Record<string, Field>;

/** The block numbers that a revoke block names. */
export function readRevokes(journal: JournalSuperblock, view: DataView): number[] {
  const has64 = hasWideBlockNumbers(journal);
  const size = has64 ? 8 : 4;
  const end = Math.min(revokeHeaderLayout.r_count.get(view, 0), logContentEnd(journal, view.byteLength));
  const blocks: number[] = [];
  for (let at = REVOKE_HEADER_SIZE; at + size <= end; at += size) {
    const wide = revoke64Layout;
    blocks.push(
      has64
        ? blockNumber(wide.blocknr_high.get(view, at), wide.blocknr.get(view, at))
        : revokeLayout.blocknr.get(view, at),
    );
  }
  return blocks;
}
