import { isExtError } from '@e2image/ext-core';
import {
  hasJournalChecksums,
  JOURNAL_SUPERBLOCK_SIZE,
  type JournalSuperblock,
  journalSuperblockChecksum,
  journalSuperblockLayout,
  readJournalSuperblock,
} from '@e2image/ext-core/structures';

/** Decode a journal's superblock. @returns undefined when these 1,024 bytes are none, or none that can be replayed */
export function journalIn(raw: Uint8Array): JournalSuperblock | undefined {
  try {
    return readJournalSuperblock(raw);
  } catch (error) {
    if (isExtError(error)) return undefined;
    throw error;
  }
}

/** Whether a journal's superblock says that transactions were not replayed. */
export const isDirty = (raw: Uint8Array): boolean => (journalIn(raw)?.start ?? 0) !== 0;

/**
 * The superblock of the same journal with nothing in it.
 *
 * The sequence moves on by the length of the ring: each transaction there took a block at least, so no old one can be
 * taken for a new one after the next crash.
 *
 * @param raw 1,024 bytes that `journalIn` takes; borrowed
 */
export function emptied(raw: Uint8Array): Uint8Array {
  const copy = raw.slice(0, JOURNAL_SUPERBLOCK_SIZE);
  const view = new DataView(copy.buffer);
  const f = journalSuperblockLayout;
  const { sequence, maxlen } = readJournalSuperblock(copy);
  f.s_start.set(view, 0, 0);
  f.s_sequence.set(view, 0, (sequence + maxlen) % 0x1_0000_0000);
  if (hasJournalChecksums(readJournalSuperblock(copy))) f.s_checksum.set(view, 0, journalSuperblockChecksum(copy));
  return copy;
}
