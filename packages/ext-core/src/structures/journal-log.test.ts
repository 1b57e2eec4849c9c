import fc from 'fast-check';
import { isExtError } from '../bytes/errors.ts';
import { readRevokes, readTags, TAG_FLAG, tag3Layout, tagSize, walkJournal, writeTag } from './journal-log.ts';
import {
  JOURNAL_INCOMPAT,
  JOURNAL_MAGIC,
  journalHeaderLayout,
  journalSuperblockLayout,
  readJournalSuperblock,
} from './journal-superblock.ts';

const SIZE = 1024;
const BLOCKS = 16;

interface Log {
  readonly bytes: Uint8Array;
  block(at: number): DataView;
}

/** A journal of 16 blocks whose log begins at block `start`, with checksums of version 3. */
function emptyLog(start: number, incompat: number = JOURNAL_INCOMPAT.csumV3): Log {
  const bytes = new Uint8Array(SIZE * BLOCKS);
  const block = (at: number): DataView => new DataView(bytes.buffer, at * SIZE, SIZE);
  const f = journalSuperblockLayout;
  head(block(0), 4, 0);
  f.s_blocksize.set(block(0), 0, SIZE);
  f.s_maxlen.set(block(0), 0, BLOCKS);
  f.s_first.set(block(0), 0, 1);
  f.s_sequence.set(block(0), 0, 7);
  f.s_start.set(block(0), 0, start);
  f.s_feature_incompat.set(block(0), 0, incompat);
  return { bytes, block };
}

function head(view: DataView, type: number, sequence: number): void {
  journalHeaderLayout.h_magic.set(view, 0, JOURNAL_MAGIC);
  journalHeaderLayout.h_blocktype.set(view, 0, type);
  journalHeaderLayout.h_sequence.set(view, 0, sequence);
}

/** A descriptor for the blocks; the first tag carries a UUID, as the kernel writes it. */
function descriptor(view: DataView, sequence: number, blocks: readonly number[]): void {
  head(view, 1, sequence);
  let at = 12;
  blocks.forEach((block, i) => {
    tag3Layout.t_blocknr.set(view, at, block);
    const isLast = i === blocks.length - 1;
    tag3Layout.t_flags.set(view, at, (i > 0 ? TAG_FLAG.sameUuid : 0) | (isLast ? TAG_FLAG.last : 0));
    at += i === 0 ? 32 : 16;
  });
}

/** What a walk visits, as text. */
function walk(log: Log): string[] {
  const journal = readJournalSuperblock(log.bytes.subarray(0, SIZE));
  const seen: string[] = [];
  const read = (into: Uint8Array, at: number): boolean => {
    into.set(log.bytes.subarray(at * SIZE, (at + 1) * SIZE));
    return at < BLOCKS;
  };
  walkJournal(journal, read, {
    descriptor: (at, sequence, tags) => seen.push(`descriptor ${at} #${sequence} ${tags.length}`),
    copy: (at, sequence, tag) => seen.push(`copy ${at} #${sequence} of ${tag.block}`),
    revoke: (at, sequence, blocks) => seen.push(`revoke ${at} #${sequence} ${blocks.join()}`),
    commit: (at, sequence) => seen.push(`commit ${at} #${sequence}`),
  });
  return seen;
}

describe('the transactions of a journal', () => {
  test('are visited block by block, around the end of the log', () => {
    const log = emptyLog(13);
    descriptor(log.block(13), 7, [100, 200, 300]);
    head(log.block(2), 5, 7);
    log.block(2).setUint32(12, 20);
    log.block(2).setUint32(16, 55);
    head(log.block(3), 2, 7);
    expect(walk(log)).toEqual([
      'descriptor 13 #7 3',
      'copy 14 #7 of 100',
      'copy 15 #7 of 200',
      'copy 1 #7 of 300',
      'revoke 2 #7 55',
      'commit 3 #7',
    ]);
  });

  test('without a commit block, or with another sequence number, do not count', () => {
    const log = emptyLog(1);
    descriptor(log.block(1), 7, [100]);
    head(log.block(3), 2, 7);
    descriptor(log.block(4), 8, [101]);
    expect(walk(log)).toHaveLength(3);
    head(log.block(6), 2, 9);
    expect(walk(log)).toHaveLength(3);
    head(log.block(6), 2, 8);
    expect(walk(log)).toHaveLength(6);
  });

  test('of a clean journal are none', () => {
    expect(walk(emptyLog(0))).toEqual([]);
  });
});

describe('tags', () => {
  test.each([
    [0, 8],
    [JOURNAL_INCOMPAT['64bit'], 12],
    [JOURNAL_INCOMPAT.csumV2, 10],
    [JOURNAL_INCOMPAT.csumV2 | JOURNAL_INCOMPAT['64bit'], 14],
    [JOURNAL_INCOMPAT.csumV3, 16],
    [JOURNAL_INCOMPAT.csumV3 | JOURNAL_INCOMPAT['64bit'], 16],
  ])('with features %i have %i bytes, and read back what was written', (incompat, size) => {
    const journal = readJournalSuperblock(emptyLog(1, incompat).bytes.subarray(0, SIZE));
    expect(tagSize(journal)).toBe(size);
    const view = new DataView(new ArrayBuffer(SIZE));
    writeTag(journal, view, 12, { flags: TAG_FLAG.last | TAG_FLAG.escaped, checksum: 0x1234_5678 });
    const { tags } = readTags(journal, view);
    expect(tags).toHaveLength(1);
    const width = size === 16 ? 0x1234_5678 : size === 10 || size === 14 ? 0x5678 : 0;
    expect(tags[0]).toMatchObject({ at: 12, flags: 9, checksum: width });
  });

  test('fill a block at most, and leave room for its checksum', () => {
    const journal = readJournalSuperblock(emptyLog(1).bytes.subarray(0, SIZE));
    const view = new DataView(new Uint8Array(SIZE).fill(0xff).buffer);
    for (let at = 16; at < SIZE; at += 16) view.setUint32(at, TAG_FLAG.sameUuid);
    const { tags, end } = readTags(journal, view);
    expect(tags.length).toBe(Math.floor((SIZE - 4 - 12) / 16));
    expect(end).toBeLessThanOrEqual(SIZE - 4);
  });
});

test('block numbers of revoke blocks have 64 bits where the journal has', () => {
  const view = new DataView(new ArrayBuffer(SIZE));
  view.setUint32(12, 32);
  view.setUint32(16, 1);
  view.setUint32(20, 2);
  view.setUint32(24, 0);
  view.setUint32(28, 3);
  const journal = (incompat: number) => readJournalSuperblock(emptyLog(1, incompat).bytes.subarray(0, SIZE));
  expect(readRevokes(journal(0), view)).toEqual([1, 2, 0, 3]);
  expect(readRevokes(journal(JOURNAL_INCOMPAT['64bit']), view)).toEqual([2 ** 32 + 2, 3]);
});

describe('a journal superblock', () => {
  test.each([
    ['another magic number', (view: DataView) => view.setUint32(0, 1), 'EXT_BAD_MAGIC'],
    ['an unknown feature', (view: DataView) => view.setUint32(0x28, 0x100), 'EXT_UNSUPPORTED_FEATURE'],
    ['a log that begins behind its end', (view: DataView) => view.setUint32(0x14, 99), 'EXT_CORRUPT'],
    ['a start outside the log', (view: DataView) => view.setUint32(0x1c, 99), 'EXT_CORRUPT'],
  ])('with %s is refused', (_name, damage, code) => {
    const log = emptyLog(1);
    damage(log.block(0));
    expect(() => readJournalSuperblock(log.bytes)).toThrow(expect.objectContaining({ code }));
  });

  test('keeps the fast-commit area out of the log', () => {
    const log = emptyLog(1, JOURNAL_INCOMPAT.fastCommit);
    journalSuperblockLayout.s_num_fc_blks.set(log.block(0), 0, 5);
    expect(readJournalSuperblock(log.bytes)).toMatchObject({ maxlen: BLOCKS, logEnd: BLOCKS - 5 });
  });

  test('any bytes are decoded, or refused with an ExtError, and walked to an end', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 256, maxLength: 256 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (top, rest) => {
          const log = emptyLog(1);
          log.bytes.set(top.subarray(0x0c), 0x0c);
          for (let at = 1; at < BLOCKS; at++) log.bytes.set(rest, at * SIZE + 12);
          journalSuperblockLayout.s_blocksize.set(log.block(0), 0, SIZE);
          try {
            walk(log);
          } catch (error) {
            expect(isExtError(error)).toBe(true);
          }
        },
      ),
    );
  });
});
