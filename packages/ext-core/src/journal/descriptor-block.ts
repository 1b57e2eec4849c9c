import { type BytesField, blockNumber, bytes, type Field, u16be, u32be } from '../bytes/field.ts';
import { JOURNAL_HEADER_SIZE } from './journal-block.ts';
import {
  hasJournalChecksums,
  hasWideBlockNumbers,
  JOURNAL_INCOMPAT,
  type JournalSuperblock,
  logContentEnd,
} from './journal-superblock.ts';

/** `journal_block_tag_t`, without checksum v3. Source: kernel Documentation/filesystems/ext4/journal.rst. */
export const tagLayout = {
  t_blocknr: u32be(0x0),
  t_checksum: u16be(0x4),
  t_flags: u16be(0x6),
  t_blocknr_high: u32be(0x8),
} as const satisfies Record<string, Field>;
/** Bytes of it, with the high half of the block number. */
const TAG_SIZE = 12;

/** `journal_block_tag3_t`: with checksum v3. */
export const tag3Layout = {
  t_blocknr: u32be(0x0),
  t_flags: u32be(0x4),
  t_blocknr_high: u32be(0x8),
  t_checksum: u32be(0xc),
} as const satisfies Record<string, Field>;
/** Bytes of it. */
const TAG3_SIZE = 16;

/** Bits of `t_flags`. */
export const TAG_FLAG = { escaped: 1, sameUuid: 2, deleted: 4, last: 8 } as const;

/** What follows the tag of a block whose journal UUID is not that of the block before: a UUID. */
export const tagUuidLayout = {
  uuid: bytes(0x0, 16),
} as const satisfies Record<string, BytesField>;

/** What a tag says about a logged block. */
export interface JournalTag {
  /** Byte of the tag in its descriptor block. */
  readonly at: number;
  /** Block number, on the file system, of what was logged. */
  readonly block: number;
  readonly flags: number;
  /** The bits that the journal stores; 0 without checksums. */
  readonly checksum: number;
}

/** Bytes of a tag without its UUID. Source: kernel fs/jbd2/journal.c, journal_tag_bytes. */
export function tagSize(journal: JournalSuperblock): number {
  if ((journal.incompat & JOURNAL_INCOMPAT.csumV3) !== 0) return TAG3_SIZE;
  const size = hasWideBlockNumbers(journal) ? TAG_SIZE : tagLayout.t_blocknr_high.offset;
  // The kernel adds the size of the checksum again, although the tag has room for it.
  return (journal.incompat & JOURNAL_INCOMPAT.csumV2) !== 0 ? size + tagLayout.t_checksum.size : size;
}

/** The tags of the descriptor block in `view`, and the offset just past the last one. */
export function readTags(journal: JournalSuperblock, view: DataView): { tags: JournalTag[]; end: number } {
  const size = tagSize(journal);
  const has64 = hasWideBlockNumbers(journal);
  const v3 = (journal.incompat & JOURNAL_INCOMPAT.csumV3) !== 0;
  const layout = v3 ? tag3Layout : tagLayout;
  const end = logContentEnd(journal, view.byteLength);
  const tags: JournalTag[] = [];
  let at = JOURNAL_HEADER_SIZE;
  while (at + size <= end) {
    const flags = layout.t_flags.get(view, at);
    const high = has64 ? layout.t_blocknr_high.get(view, at) : 0;
    const block = blockNumber(high, layout.t_blocknr.get(view, at));
    tags.push({ at, block, flags, checksum: hasJournalChecksums(journal) ? layout.t_checksum.get(view, at) : 0 });
    at += size + ((flags & TAG_FLAG.sameUuid) !== 0 ? 0 : tagUuidLayout.uuid.size);
    if ((flags & TAG_FLAG.last) !== 0) break;
  }
  return { tags, end: Math.min(at, end) };
}

/** Change flags and checksum of a tag; `checksum` is cut to the bits that the journal stores. */
export function writeTag(
  journal: JournalSuperblock,
  view: DataView,
  at: number,
  { flags, checksum }: { readonly flags: number; readonly checksum: number },
): void {
  const v3 = (journal.incompat & JOURNAL_INCOMPAT.csumV3) !== 0;
  const layout = v3 ? tag3Layout : tagLayout;
  layout.t_flags.set(view, at, flags);
  if (hasJournalChecksums(journal)) layout.t_checksum.set(view, at, v3 ? checksum : checksum & 0xffff);
}
