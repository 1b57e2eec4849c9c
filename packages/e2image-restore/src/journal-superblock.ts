import { journalSuperblockChecksum } from '@e2image/ext-core';

/** Bytes of the journal's superblock. */
export const JOURNAL_SUPERBLOCK_SIZE = 1024;
const JBD2_MAGIC = 0xc03b_3998;
/** Block types of the two versions of the superblock. */
const SUPERBLOCK_TYPES: readonly number[] = [3, 4];
/** Incompatible features under which the superblock carries a checksum: csum v2 and v3. */
const WITH_CHECKSUM = 0x18;

/** One big-endian number of the journal's superblock. */
interface JournalField {
  get(view: DataView): number;
  set(view: DataView, value: number): void;
}

const be32 = (offset: number): JournalField => ({
  get: (view) => view.getUint32(offset),
  set: (view, value) => view.setUint32(offset, value >>> 0),
});

/**
 * The part of `struct journal_superblock_s` that a restore looks at.
 * Source: kernel Documentation/filesystems/ext4/journal.rst, "Super Block".
 */
const layout = {
  h_magic: be32(0x0),
  h_blocktype: be32(0x4),
  s_maxlen: be32(0x10),
  s_sequence: be32(0x18),
  s_start: be32(0x1c),
  s_feature_incompat: be32(0x28),
  s_checksum: be32(0xfc),
} as const satisfies Record<string, JournalField>;

/** What a restore needs of a journal. */
export interface JournalSuperblock {
  /** Blocks of the journal. */
  readonly length: number;
  /** Number of the next transaction. */
  readonly sequence: number;
  /** True when it holds transactions that were not replayed. */
  readonly isDirty: boolean;
}

/** Decode a journal's superblock. @returns undefined when these 1,024 bytes are none */
export function readJournalSuperblock(raw: Uint8Array): JournalSuperblock | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, JOURNAL_SUPERBLOCK_SIZE);
  if (layout.h_magic.get(view) !== JBD2_MAGIC) return undefined;
  if (!SUPERBLOCK_TYPES.includes(layout.h_blocktype.get(view))) return undefined;
  return {
    length: layout.s_maxlen.get(view),
    sequence: layout.s_sequence.get(view),
    isDirty: layout.s_start.get(view) !== 0,
  };
}

/**
 * The superblock of the same journal with nothing in it.
 *
 * The sequence moves on by the length of the ring: each transaction there took a block at least, so no old one can be
 * taken for a new one after the next crash.
 *
 * @param raw 1,024 bytes; borrowed
 */
export function emptied(raw: Uint8Array): Uint8Array {
  const copy = raw.slice(0, JOURNAL_SUPERBLOCK_SIZE);
  const view = new DataView(copy.buffer);
  layout.s_start.set(view, 0);
  layout.s_sequence.set(view, layout.s_sequence.get(view) + layout.s_maxlen.get(view));
  if ((layout.s_feature_incompat.get(view) & WITH_CHECKSUM) !== 0) {
    layout.s_checksum.set(view, journalSuperblockChecksum(copy));
  }
  return copy;
}
