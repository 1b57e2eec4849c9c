import { JOURNAL_BLOCK, JOURNAL_MAGIC, journalHeaderLayout } from '../journal/journal-block.ts';
import {
  JOURNAL_INCOMPAT,
  type JournalSuperblock,
  journalSuperblockLayout,
  readJournalSuperblock,
} from '../journal/journal-superblock.ts';

/** Geometry of the test journal, and the sequence number of its first transaction. */
export const TINY_JOURNAL = { blockSize: 1024, blocks: 16, sequence: 7 } as const;

/** A journal in an array, for tests: an empty log from block 1 on. */
export class TinyJournal {
  readonly bytes = new Uint8Array(TINY_JOURNAL.blockSize * TINY_JOURNAL.blocks);

  /**
   * @param start block where the log begins; 0 = nothing to replay
   * @param incompat feature bits; default: checksums of version 3
   */
  constructor(start: number, incompat: number = JOURNAL_INCOMPAT.csumV3) {
    const f = journalSuperblockLayout;
    const view = this.head(0, JOURNAL_BLOCK.superblockV2, 0);
    f.s_blocksize.set(view, 0, TINY_JOURNAL.blockSize);
    f.s_maxlen.set(view, 0, TINY_JOURNAL.blocks);
    f.s_first.set(view, 0, 1);
    f.s_sequence.set(view, 0, TINY_JOURNAL.sequence);
    f.s_start.set(view, 0, start);
    f.s_feature_incompat.set(view, 0, incompat);
  }

  block(at: number): DataView {
    return new DataView(this.bytes.buffer, at * TINY_JOURNAL.blockSize, TINY_JOURNAL.blockSize);
  }

  /** Write the header of block `at`. @returns the block */
  head(at: number, type: number, sequence: number): DataView {
    const view = this.block(at);
    journalHeaderLayout.h_magic.set(view, 0, JOURNAL_MAGIC);
    journalHeaderLayout.h_blocktype.set(view, 0, type);
    journalHeaderLayout.h_sequence.set(view, 0, sequence);
    return view;
  }

  get superblock(): JournalSuperblock {
    return readJournalSuperblock(this.bytes);
  }
}
