import {
  commitBlockLayout,
  hasJournalChecksums,
  JOURNAL_COMPAT,
  JOURNAL_INCOMPAT,
  JOURNAL_SUPERBLOCK_SIZE,
  JOURNAL_TAIL_SIZE,
  journalSeed,
  journalTailChecksum,
  journalTailLayout,
  readTags,
  TAG_FLAG,
  tagChecksum,
  writeTag,
} from '@e2image/ext-core/structures';
import { noCounts, type ScrambleCounts } from '../base/counts.ts';
import {
  beginsWithMagic,
  clearMagic,
  type JournalLog,
  type JournalState,
  type LoggedBlock,
  restoreMagic,
} from '../journal/journal-log.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import type { BlockClasses } from '../survey/block-classes.ts';
import { type Block, blockOf, type Context } from './context.ts';
import { scrambleBlock } from './scramble-block.ts';

/** New fields of the tag of a copy that is scrambled. */
interface NewTag {
  readonly flags: number;
  readonly checksum: number;
}

/** Scrambles the blocks of a journal. */
export class JournalScrambler {
  readonly #context: Context;
  readonly #state: JournalState;
  /** What each block is: after a replay first, then as it is now. */
  readonly #views: readonly BlockClasses[];
  /** By the journal block of the copy. */
  readonly #tags = new Map<number, NewTag>();

  constructor(context: Context, state: JournalState, views: readonly BlockClasses[]) {
    this.#context = context;
    this.#state = state;
    this.#views = views;
  }

  /** Compute the new tags, in steps. Each copy is read and scrambled once for its checksum. */
  *prepare(): Generator<void> {
    if (this.#state.kind !== 'log') return;
    const { log } = this.#state;
    const counts = noCounts();
    for (const copy of log.copies.values()) {
      const bytes = log.file.read(copy.at);
      if (bytes === undefined) continue;
      const seed = journalSeed(log.journal.uuid);
      const before = tagChecksum(seed, copy.sequence, bytes);
      const isEscaped = this.#scrambleCopy(log, copy, bytes, counts);
      const mask = (log.journal.incompat & JOURNAL_INCOMPAT.csumV3) !== 0 ? 0xffff_ffff : 0xffff;
      const after = tagChecksum(seed, copy.sequence, bytes);
      this.#tags.set(copy.at, {
        flags: (copy.flags & ~TAG_FLAG.escaped) | (isEscaped ? TAG_FLAG.escaped : 0),
        checksum: renewChecksum(copy.checksum, (before & mask) >>> 0, after, mask),
      });
      yield;
    }
  }

  /** How many journal blocks are copies of others. */
  get copies(): number {
    return this.#state.kind === 'log' ? this.#state.log.copies.size : 0;
  }

  /** Whether block `at` of the journal becomes zeros, whatever it contains. */
  isZeroed(at: number): boolean {
    if (this.#state.kind !== 'log') return true;
    const { copies, descriptors, commits, revokes } = this.#state.log;
    return at !== 0 && !copies.has(at) && !descriptors.has(at) && !commits.has(at) && !revokes.has(at);
  }

  /** Scramble block `at` of the journal in place. */
  block(block: Block, at: number, counts: ScrambleCounts): void {
    const { bytes } = block;
    if (this.#state.kind !== 'log' || this.isZeroed(at)) {
      bytes.fill(0);
      return;
    }
    const { log } = this.#state;
    const copy = log.copies.get(at);
    if (at === 0) bytes.fill(0, JOURNAL_SUPERBLOCK_SIZE);
    else if (copy) this.#scrambleCopy(log, copy, bytes, counts);
    else if (log.descriptors.has(at)) this.#descriptor(log, block, at);
    else if (log.commits.has(at)) clearOldChecksum(log, block.view);
  }

  /** @returns whether the block had to be escaped */
  #scrambleCopy(log: JournalLog, copy: LoggedBlock, bytes: Uint8Array, counts: ScrambleCounts): boolean {
    if ((copy.flags & TAG_FLAG.escaped) !== 0) restoreMagic(bytes);
    this.#scrambleByClass(log, copy, bytes, counts);
    const isEscaped = beginsWithMagic(bytes);
    if (isEscaped) clearMagic(bytes);
    return isEscaped;
  }

  #scrambleByClass(log: JournalLog, copy: LoggedBlock, bytes: Uint8Array, counts: ScrambleCounts): void {
    for (const classes of this.#views) {
      if (classes.fixed.has(copy.block)) return;
      const run = classes.find(copy.block);
      if (run) {
        // Names and damage in copies are those of the block itself: they are not counted or reported again.
        const quiet: Context = { ...this.#context, onProblem: undefined };
        scrambleBlock(quiet, blockOf(bytes, copy.block), run, noCounts());
        return;
      }
      // A block of a map or a quota file may have been anything before: only its newest copy is kept.
      if (classes.kept.has(copy.block) && log.newest.get(copy.block) === copy) return;
    }
    bytes.fill(0);
    counts.zeroed++;
  }

  #descriptor(log: JournalLog, { bytes, view }: Block, at: number): void {
    const { journal } = log;
    const seed = journalSeed(journal.uuid);
    const before = journalTailChecksum(seed, bytes);
    const { tags, end } = readTags(journal, view);
    let next = at;
    for (const tag of tags) {
      next = next + 1 >= journal.logEnd ? next + 1 - (journal.logEnd - journal.first) : next + 1;
      const renewed = this.#tags.get(next);
      if (renewed) writeTag(journal, view, tag.at, renewed);
    }
    const tail = bytes.length - JOURNAL_TAIL_SIZE;
    bytes.fill(0, end, hasJournalChecksums(journal) ? tail : bytes.length);
    if (!hasJournalChecksums(journal)) return;
    const { t_checksum } = journalTailLayout;
    t_checksum.set(view, tail, renewChecksum(t_checksum.get(view, tail), before, journalTailChecksum(seed, bytes)));
  }
}

/**
 * Remove the checksum of a whole transaction from its commit block: blocks of the transaction changed. Journals whose
 * tags have checksums do not use it.
 * Source: kernel fs/jbd2/recovery.c, do_one_pass, JBD2_COMMIT_BLOCK
 */
function clearOldChecksum({ journal }: JournalLog, view: DataView): void {
  if (hasJournalChecksums(journal) || (journal.compat & JOURNAL_COMPAT.checksum) === 0) return;
  commitBlockLayout.h_chksum_type.set(view, 0, 0);
  commitBlockLayout.h_chksum_size.set(view, 0, 0);
  commitBlockLayout.h_chksum.get(view, 0).fill(0);
}
