import { blockNumber, type Field, u16be, u32be } from '../bytes/field.ts';
import {
  hasJournalChecksums,
  JOURNAL_BLOCK,
  JOURNAL_INCOMPAT,
  JOURNAL_MAGIC,
  type JournalSuperblock,
  journalHeaderLayout,
} from './journal-superblock.ts';

/** `journal_block_tag_t`, without checksum v3. Source: kernel Documentation/filesystems/ext4/journal.rst. */
export const tagLayout = {
  t_blocknr: u32be(0x0),
  t_checksum: u16be(0x4),
  t_flags: u16be(0x6),
  t_blocknr_high: u32be(0x8),
} as const satisfies Record<string, Field>;

/** `journal_block_tag3_t`: with checksum v3. */
export const tag3Layout = {
  t_blocknr: u32be(0x0),
  t_flags: u32be(0x4),
  t_blocknr_high: u32be(0x8),
  t_checksum: u32be(0xc),
} as const satisfies Record<string, Field>;

/** Bits of `t_flags`. */
export const TAG_FLAG = { escaped: 1, sameUuid: 2, deleted: 4, last: 8 } as const;

/** Byte of a descriptor block where its tags begin. */
const FIRST_TAG = 12;
/** Bytes of a revoke block before its numbers. */
const REVOKE_HEADER = 16;

/** A logged block, as a tag tells it. */
export interface JournalTag {
  /** Byte of the tag in its descriptor block. */
  readonly at: number;
  /** Block number, on the file system, of what was logged. */
  readonly block: number;
  readonly flags: number;
  /** As wide as the journal stores it; 0 without checksums. */
  readonly checksum: number;
}

/** Bytes of a tag without its UUID. */
export function tagSize({ incompat }: JournalSuperblock): number {
  if ((incompat & JOURNAL_INCOMPAT.csumV3) !== 0) return 16;
  const size = (incompat & JOURNAL_INCOMPAT['64bit']) !== 0 ? 12 : 8;
  return (incompat & JOURNAL_INCOMPAT.csumV2) !== 0 ? size + 2 : size;
}

/** The tags of the descriptor block in `view`, and the byte behind the last. */
export function readTags(journal: JournalSuperblock, view: DataView): { tags: JournalTag[]; end: number } {
  const size = tagSize(journal);
  const has64 = (journal.incompat & JOURNAL_INCOMPAT['64bit']) !== 0;
  const v3 = (journal.incompat & JOURNAL_INCOMPAT.csumV3) !== 0;
  const layout = v3 ? tag3Layout : tagLayout;
  const end = view.byteLength - (hasJournalChecksums(journal) ? 4 : 0);
  const tags: JournalTag[] = [];
  let at = FIRST_TAG;
  while (at + size <= end) {
    const flags = layout.t_flags.get(view, at);
    const high = has64 ? layout.t_blocknr_high.get(view, at) : 0;
    const block = blockNumber(high, layout.t_blocknr.get(view, at));
    tags.push({ at, block, flags, checksum: hasJournalChecksums(journal) ? layout.t_checksum.get(view, at) : 0 });
    at += size + ((flags & TAG_FLAG.sameUuid) !== 0 ? 0 : 16);
    if ((flags & TAG_FLAG.last) !== 0) break;
  }
  return { tags, end: Math.min(at, end) };
}

/** Change what a tag says of the block it stands for; `checksum` is cut to what the journal stores. */
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

/** The block numbers that a revoke block names. */
export function readRevokes(journal: JournalSuperblock, view: DataView): number[] {
  const has64 = (journal.incompat & JOURNAL_INCOMPAT['64bit']) !== 0;
  const size = has64 ? 8 : 4;
  const end = Math.min(view.getUint32(12), view.byteLength - (hasJournalChecksums(journal) ? 4 : 0));
  const blocks: number[] = [];
  for (let at = REVOKE_HEADER; at + size <= end; at += size) {
    blocks.push(has64 ? blockNumber(view.getUint32(at), view.getUint32(at + 4)) : view.getUint32(at));
  }
  return blocks;
}

/** Called for what the committed transactions hold, in order of the log. Views are valid during the call only. */
export interface JournalVisitor {
  /** @param at block of the journal */
  descriptor(at: number, sequence: number, tags: readonly JournalTag[], view: DataView): void;
  /** A logged block; it follows its descriptor. The content is not read. */
  copy(at: number, sequence: number, tag: JournalTag): void;
  revoke(at: number, sequence: number, blocks: readonly number[]): void;
  commit(at: number, sequence: number): void;
}

/** Reads block `at` of a journal into `into`; false when that cannot be. */
export type ReadJournalBlock = (into: Uint8Array, at: number) => boolean;

/**
 * Walk the transactions of a journal that a replay would apply: from its start on, as long as sequence numbers follow
 * and a commit block ends them. What is behind the last commit is not visited.
 */
export function walkJournal(journal: JournalSuperblock, read: ReadJournalBlock, visitor: JournalVisitor): void {
  if (journal.start === 0) return;
  const block = new Uint8Array(journal.blockSize);
  const blocks = journal.logEnd - journal.first;
  let at = journal.start;
  let sequence = journal.sequence;
  // A log cannot hold more than it has room for, whatever it says.
  for (let used = 0; used < blocks; ) {
    const transaction = readTransaction(journal, read, block, { at, sequence, room: blocks - used });
    if (transaction === undefined) return;
    for (const part of transaction.parts) tell(journal, read, block, visitor, part, sequence);
    used += transaction.blocks;
    at = wrap(journal, at + transaction.blocks);
    sequence = (sequence + 1) >>> 0;
  }
}

const wrap = (journal: JournalSuperblock, at: number): number =>
  at >= journal.logEnd ? at - (journal.logEnd - journal.first) : at;

/** A block of the log that is no logged block. */
interface Part {
  readonly at: number;
  readonly type: number;
}

interface Transaction {
  readonly parts: readonly Part[];
  /** Blocks of the log, logged blocks too. */
  readonly blocks: number;
}

/** The control blocks of one transaction; undefined when no commit block ends it. */
function readTransaction(
  journal: JournalSuperblock,
  read: ReadJournalBlock,
  block: Uint8Array,
  { at, sequence, room }: { readonly at: number; readonly sequence: number; readonly room: number },
): Transaction | undefined {
  const h = journalHeaderLayout;
  const view = new DataView(block.buffer);
  const parts: Part[] = [];
  let blocks = 0;
  while (blocks < room) {
    const here = wrap(journal, at + blocks);
    if (!read(block, here) || h.h_magic.get(view, 0) !== JOURNAL_MAGIC) return undefined;
    if (h.h_sequence.get(view, 0) !== sequence) return undefined;
    const type = h.h_blocktype.get(view, 0);
    parts.push({ at: here, type });
    blocks++;
    if (type === JOURNAL_BLOCK.commit) return { parts, blocks };
    if (type === JOURNAL_BLOCK.descriptor) blocks += readTags(journal, view).tags.length;
    else if (type !== JOURNAL_BLOCK.revoke) return undefined;
  }
  return undefined;
}

function tell(
  journal: JournalSuperblock,
  read: ReadJournalBlock,
  block: Uint8Array,
  visitor: JournalVisitor,
  { at, type }: Part,
  sequence: number,
): void {
  const view = new DataView(block.buffer);
  if (type === JOURNAL_BLOCK.commit) visitor.commit(at, sequence);
  else if (!read(block, at)) return;
  else if (type === JOURNAL_BLOCK.revoke) visitor.revoke(at, sequence, readRevokes(journal, view));
  else {
    const { tags } = readTags(journal, view);
    visitor.descriptor(at, sequence, tags, view);
    for (const [i, tag] of tags.entries()) visitor.copy(wrap(journal, at + 1 + i), sequence, tag);
  }
}
