import { type JournalTag, readTags } from './descriptor-block.ts';
import { JOURNAL_BLOCK, JOURNAL_MAGIC, journalHeaderLayout } from './journal-block.ts';
import type { JournalSuperblock } from './journal-superblock.ts';
import { readRevokes } from './revoke-block.ts';

/** Called for the content of the committed transactions, in the order of the log. Views are valid during the call only. */
export interface JournalVisitor {
  /** @param at block of the journal */
  descriptor(at: number, sequence: number, tags: readonly JournalTag[], view: DataView): void;
  /** A logged block; it follows its descriptor. The content is not read. */
  copy(at: number, sequence: number, tag: JournalTag): void;
  revoke(at: number, sequence: number, blocks: readonly number[]): void;
  commit(at: number, sequence: number): void;
}

/** Reads block `at` of a journal into `into`; false if it cannot be read. */
export type ReadJournalBlock = (into: Uint8Array, at: number) => boolean;

/**
 * Walk the transactions of a journal that a replay would apply: from its start on, as long as the sequence numbers
 * follow each other and a commit block ends each transaction. Blocks after the last commit block are not visited.
 */
export function walkJournal(journal: JournalSuperblock, read: ReadJournalBlock, visitor: JournalVisitor): void {
  if (journal.start === 0) return;
  const block = new Uint8Array(journal.blockSize);
  const blocks = journal.logEnd - journal.first;
  let at = journal.start;
  let sequence = journal.sequence;
  // A log cannot contain more blocks than it has, whatever its blocks say.
  for (let used = 0; used < blocks; ) {
    const transaction = readTransaction(journal, read, block, { at, sequence, room: blocks - used });
    if (transaction === undefined) return;
    for (const part of transaction.parts) visit(journal, read, block, visitor, part, sequence);
    used += transaction.blocks;
    at = wrap(journal, at + transaction.blocks);
    sequence = (sequence + 1) >>> 0;
  }
}

const wrap = (journal: JournalSuperblock, at: number): number =>
  at >= journal.logEnd ? at - (journal.logEnd - journal.first) : at;

/** A block of the log that is not a copy of a file system block: a descriptor, commit or revoke block. */
interface Part {
  readonly at: number;
  readonly type: number;
}

interface Transaction {
  readonly parts: readonly Part[];
  /** Blocks of the log, logged blocks too. */
  readonly blocks: number;
}

/** The control blocks of one transaction; undefined if no commit block ends it. */
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

function visit(
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
