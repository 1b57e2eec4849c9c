import { ExtError } from '../bytes/errors.ts';
import { type BytesField, bytes, type Field, u8, u32be } from '../bytes/field.ts';
import {
  JOURNAL_BLOCK,
  JOURNAL_HEADER_SIZE,
  JOURNAL_MAGIC,
  JOURNAL_TAIL_SIZE,
  journalHeaderLayout,
} from './journal-block.ts';

/** `journal_superblock_t`. Source: kernel Documentation/filesystems/ext4/journal.rst, "Super Block". */
export const journalSuperblockLayout = {
  s_header: bytes(0x00, JOURNAL_HEADER_SIZE),
  s_blocksize: u32be(0x0c),
  s_maxlen: u32be(0x10),
  s_first: u32be(0x14),
  s_sequence: u32be(0x18),
  s_start: u32be(0x1c),
  s_errno: u32be(0x20),
  s_feature_compat: u32be(0x24),
  s_feature_incompat: u32be(0x28),
  s_feature_ro_compat: u32be(0x2c),
  s_uuid: bytes(0x30, 16),
  s_nr_users: u32be(0x40),
  s_dynsuper: u32be(0x44),
  s_max_transaction: u32be(0x48),
  s_max_trans_data: u32be(0x4c),
  s_checksum_type: u8(0x50),
  s_padding2: bytes(0x51, 3),
  s_num_fc_blks: u32be(0x54),
  s_head: u32be(0x58),
  s_padding: bytes(0x5c, 160),
  s_checksum: u32be(0xfc),
  s_users: bytes(0x100, 768),
} as const satisfies Record<string, Field | BytesField>;

/** Bytes of a journal superblock. */
export const JOURNAL_SUPERBLOCK_SIZE = 1024;

export const JOURNAL_COMPAT = { checksum: 0x1 } as const;
export const JOURNAL_INCOMPAT = {
  revoke: 0x1,
  '64bit': 0x2,
  asyncCommit: 0x4,
  csumV2: 0x8,
  csumV3: 0x10,
  fastCommit: 0x20,
} as const;

/** Blocks of the fast-commit area when the field says 0. */
const DEFAULT_FAST_COMMIT_BLOCKS = 256;

/** What the program needs of a journal superblock. Block numbers count within the journal. */
export interface JournalSuperblock {
  /** Bytes. */
  readonly blockSize: number;
  /** Blocks of the journal. */
  readonly maxlen: number;
  /** First block of the log. */
  readonly first: number;
  /** The block after the last one of the log: the fast-commit area begins there. */
  readonly logEnd: number;
  /** Sequence number of the first transaction. */
  readonly sequence: number;
  /** Block where the log begins; 0 = there is nothing to replay. */
  readonly start: number;
  readonly compat: number;
  readonly incompat: number;
  /** 16 bytes, a window on what was decoded. */
  readonly uuid: Uint8Array;
}

/**
 * Decode and check the superblock of a journal.
 *
 * @param raw at least 1,024 bytes, kept by reference in `uuid`
 * @throws ExtError EXT_BAD_MAGIC, EXT_CORRUPT, EXT_UNSUPPORTED_FEATURE
 */
export function readJournalSuperblock(raw: Uint8Array): JournalSuperblock {
  const view = new DataView(raw.buffer, raw.byteOffset, JOURNAL_SUPERBLOCK_SIZE);
  const f = journalSuperblockLayout;
  const type = journalHeaderLayout.h_blocktype.get(view, 0);
  const magic = journalHeaderLayout.h_magic.get(view, 0);
  if (magic !== JOURNAL_MAGIC || (type !== JOURNAL_BLOCK.superblockV1 && type !== JOURNAL_BLOCK.superblockV2)) {
    throw new ExtError('EXT_BAD_MAGIC', `journal superblock: magic number 0x${magic.toString(16)}, type ${type}`);
  }
  // Version 1 has no feature words: those bytes have no meaning.
  const isV2 = type === JOURNAL_BLOCK.superblockV2;
  const incompat = isV2 ? f.s_feature_incompat.get(view, 0) : 0;
  const maxlen = f.s_maxlen.get(view, 0);
  const fastCommit = f.s_num_fc_blks.get(view, 0) || DEFAULT_FAST_COMMIT_BLOCKS;
  const journal: JournalSuperblock = {
    blockSize: f.s_blocksize.get(view, 0),
    maxlen,
    first: f.s_first.get(view, 0),
    logEnd: (incompat & JOURNAL_INCOMPAT.fastCommit) !== 0 ? maxlen - fastCommit : maxlen,
    sequence: f.s_sequence.get(view, 0),
    start: f.s_start.get(view, 0),
    compat: isV2 ? f.s_feature_compat.get(view, 0) : 0,
    incompat,
    uuid: f.s_uuid.get(view, 0),
  };
  checkJournal(journal);
  return journal;
}

function checkJournal({ first, logEnd, start, incompat }: JournalSuperblock): void {
  const known = Object.values(JOURNAL_INCOMPAT).reduce<number>((bits, bit) => bits | bit, 0);
  const unknown = (incompat & ~known) >>> 0;
  if (unknown !== 0) {
    throw new ExtError('EXT_UNSUPPORTED_FEATURE', `journal superblock: incompatible feature 0x${unknown.toString(16)}`);
  }
  const isInLog = start === 0 || (start >= first && start < logEnd);
  if (first < 1 || first >= logEnd || !isInLog) {
    throw new ExtError(
      'EXT_CORRUPT',
      `journal superblock: log from block ${first} to ${logEnd}, which begins at ${start}`,
    );
  }
}

/** Whether log blocks end with a checksum, and tags carry one. */
export const hasJournalChecksums = ({ incompat }: JournalSuperblock): boolean =>
  (incompat & (JOURNAL_INCOMPAT.csumV2 | JOURNAL_INCOMPAT.csumV3)) !== 0;

/** Byte of a descriptor or revoke block where its content must end: before the tail, where there is one. */
export const logContentEnd = (journal: JournalSuperblock, blockSize: number): number =>
  hasJournalChecksums(journal) ? blockSize - JOURNAL_TAIL_SIZE : blockSize;

/** Whether the journal stores block numbers of 64 bits. */
export const hasWideBlockNumbers = ({ incompat }: JournalSuperblock): boolean =>
  (incompat & JOURNAL_INCOMPAT['64bit']) !== 0;
