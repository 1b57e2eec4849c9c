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

/** What a tag must say of its copy after that was scrambled. */
interface NewTag {
  readonly flags: number;
  readonly checksum: number;
}

/** Scrambles the blocks of a journal. */
export class JournalScrambler {
  readonly #context: Context;
  readonly #state: JournalState;
  /** The file system after replay, then as it is: what a copy is a copy of. */
  readonly #views: readonly BlockClasses[];
  /** By block of the journal. */
  readonly #tags = new Map<number, NewTag>();

  constructor(context: Context, state: JournalState, views: readonly BlockClasses[]) {
    this.#context = context;
    this.#state = state;
    this.#views = views;
  }

  /** Find out what the tags will say: each copy is scrambled once for its checksum. */
  *prepare(): Generator<void> {
    if (this.#state.kind !== 'log') return;
    const { log } = this.#state;
    const counts = noCounts();
    for (const copy of log.copies.values()) {
      const bytes = log.file.read(copy.at);
      if (bytes === undefined) continue;
      const seed = journalSeed(log.journal.uuid);
      const before = tagChecksum(seed, copy.sequence, bytes);
      const escaped = this.#scrambleCopy(log, copy, bytes, counts);
      const mask = (log.journal.incompat & JOURNAL_INCOMPAT.csumV3) !== 0 ? 0xffff_ffff : 0xffff;
      const after = tagChecksum(seed, copy.sequence, bytes);
      this.#tags.set(copy.at, {
        flags: (copy.flags & ~TAG_FLAG.escaped) | (escaped ? TAG_FLAG.escaped : 0),
        checksum: renewChecksum(copy.checksum, (before & mask) >>> 0, after, mask),
      });
      yield;
    }
  }

  /** Blocks of the journal that are copies of others. */
  get copies(): number {
    return this.#state.kind === 'log' ? this.#state.log.copies.size : 0;
  }

  /** Whether block `at` of the journal becomes zeros, whatever it holds. */
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
    const escaped = beginsWithMagic(bytes);
    if (escaped) clearMagic(bytes);
    return escaped;
  }

  #scrambleByClass(log: JournalLog, copy: LoggedBlock, bytes: Uint8Array, counts: ScrambleCounts): void {
    for (const classes of this.#views) {
      if (classes.fixed.has(copy.block)) return;
      const run = classes.find(copy.block);
      if (run) {
        // Names in copies are those of the directory, and not counted again.
        const quiet: Context = { ...this.#context, onProblem: undefined };
        scrambleBlock(quiet, blockOf(bytes, copy.block), run, noCounts());
        return;
      }
      // What a map or a quota file is today may have been anything before.
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
 * Before checksums of tags there was one in the commit block, of all blocks of a transaction: say that there is none.
 * Source: kernel fs/jbd2/recovery.c, do_one_pass, JBD2_COMMIT_BLOCK
 */
function clearOldChecksum({ journal }: JournalLog, view: DataView): void {
  if (hasJournalChecksums(journal) || (journal.compat & JOURNAL_COMPAT.checksum) === 0) return;
  commitBlockLayout.h_chksum_type.set(view, 0, 0);
  commitBlockLayout.h_chksum_size.set(view, 0, 0);
  commitBlockLayout.h_chksum.get(view, 0).fill(0);
}
