import { isExtError } from '@e2image/ext-core';
import {
  hasJournalChecksums,
  JOURNAL_SUPERBLOCK_SIZE,
  type JournalSuperblock,
  journalSuperblockChecksum,
  journalSuperblockLayout,
  readJournalSuperblock,
} from '@e2image/ext-core/structures';

/** Decode the superblock of a journal. @returns undefined if these 1,024 bytes are not one that can be replayed */
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
 * The superblock of the same journal when it is empty.
 *
 * The sequence number grows by the number of blocks in the log. Each old transaction took one block at least, so after the
 * next crash no old transaction can be mistaken for a new one.
 *
 * @param raw 1,024 bytes for which `journalIn` returns a journal; borrowed
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
