import { TINY_JOURNAL, TinyJournal } from '../testing/tiny-journal.ts';
import { JOURNAL_BLOCK, journalHeaderLayout } from './journal-block.ts';
import {
  hasJournalChecksums,
  JOURNAL_INCOMPAT,
  journalSuperblockLayout,
  logContentEnd,
  readJournalSuperblock,
} from './journal-superblock.ts';

const { blocks, blockSize } = TINY_JOURNAL;
const f = journalSuperblockLayout;

test.each<[string, (view: DataView) => void, string]>([
  ['another magic number', (view) => journalHeaderLayout.h_magic.set(view, 0, 1), 'EXT_BAD_MAGIC'],
  ['another block type', (view) => journalHeaderLayout.h_blocktype.set(view, 0, JOURNAL_BLOCK.revoke), 'EXT_BAD_MAGIC'],
  ['an unknown feature', (view) => f.s_feature_incompat.set(view, 0, 0x100), 'EXT_UNSUPPORTED_FEATURE'],
  ['a log that begins past its end', (view) => f.s_first.set(view, 0, 99), 'EXT_CORRUPT'],
  ['a log that begins at its end', (view) => f.s_first.set(view, 0, blocks), 'EXT_CORRUPT'],
  ['a log that begins with the superblock', (view) => f.s_first.set(view, 0, 0), 'EXT_CORRUPT'],
  ['a start at the end of the log', (view) => f.s_start.set(view, 0, blocks), 'EXT_CORRUPT'],
  [
    'a start before the log',
    (view) => {
      f.s_first.set(view, 0, 3);
      f.s_start.set(view, 0, 2);
    },
    'EXT_CORRUPT',
  ],
])('a journal superblock with %s is refused', (_name, damage, code) => {
  const log = new TinyJournal(1);
  damage(log.block(0));
  expect(() => log.superblock).toThrow(expect.objectContaining({ code }));
});

test('a sound one is decoded', () => {
  const log = new TinyJournal(5);
  f.s_uuid.get(log.block(0), 0).fill(3);
  f.s_feature_compat.set(log.block(0), 0, 1);
  expect(log.superblock).toEqual({
    blockSize,
    maxlen: blocks,
    first: 1,
    logEnd: blocks,
    sequence: TINY_JOURNAL.sequence,
    start: 5,
    compat: 1,
    incompat: JOURNAL_INCOMPAT.csumV3,
    uuid: new Uint8Array(16).fill(3),
  });
});

test('1,024 bytes are enough, and fewer are not', () => {
  const { bytes } = new TinyJournal(5);
  expect(readJournalSuperblock(bytes.slice(0, 1024)).start).toBe(5);
  expect(() => readJournalSuperblock(bytes.slice(0, 1023))).toThrow(RangeError);
});

test('version 1 has no feature words', () => {
  const log = new TinyJournal(1, 0xffff_ffff);
  f.s_feature_compat.set(log.block(0), 0, 1);
  journalHeaderLayout.h_blocktype.set(log.block(0), 0, JOURNAL_BLOCK.superblockV1);
  expect(log.superblock).toMatchObject({ compat: 0, incompat: 0, logEnd: blocks });
});

test('the fast-commit area is kept out of the log', () => {
  const log = new TinyJournal(1, JOURNAL_INCOMPAT.fastCommit);
  f.s_num_fc_blks.set(log.block(0), 0, 5);
  expect(log.superblock).toMatchObject({ maxlen: blocks, logEnd: blocks - 5 });
});

test('the fast-commit area has 256 blocks if the field is 0', () => {
  const log = new TinyJournal(1, JOURNAL_INCOMPAT.fastCommit);
  f.s_maxlen.set(log.block(0), 0, 1000);
  expect(readJournalSuperblock(log.bytes)).toMatchObject({ maxlen: 1000, logEnd: 744 });
});

test.each([
  [0, false],
  [JOURNAL_INCOMPAT.revoke | JOURNAL_INCOMPAT['64bit'], false],
  [JOURNAL_INCOMPAT.csumV2, true],
  [JOURNAL_INCOMPAT.csumV3, true],
])('features %i: blocks of the log end with a checksum: %p', (incompat, has) => {
  const { superblock } = new TinyJournal(1, incompat);
  expect(hasJournalChecksums(superblock)).toBe(has);
  expect(logContentEnd(superblock, blockSize)).toBe(has ? blockSize - 4 : blockSize);
});
