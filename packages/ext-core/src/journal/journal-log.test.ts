import fc from 'fast-check';
import { isExtError } from '../bytes/errors.ts';
import { TINY_JOURNAL, TinyJournal } from '../testing/tiny-journal.ts';
import { TAG_FLAG, tag3Layout } from './descriptor-block.ts';
import { JOURNAL_BLOCK } from './journal-block.ts';
import { walkJournal } from './journal-log.ts';
import { journalSuperblockLayout } from './journal-superblock.ts';
import { revokeHeaderLayout, revokeLayout } from './revoke-block.ts';

/** A descriptor for the blocks; the first tag carries a UUID, as the kernel writes it. */
function descriptor(log: TinyJournal, start: number, sequence: number, blocks: readonly number[]): void {
  const view = log.head(start, JOURNAL_BLOCK.descriptor, sequence);
  let at = 12;
  blocks.forEach((block, i) => {
    tag3Layout.t_blocknr.set(view, at, block);
    const isLast = i === blocks.length - 1;
    tag3Layout.t_flags.set(view, at, (i > 0 ? TAG_FLAG.sameUuid : 0) | (isLast ? TAG_FLAG.last : 0));
    at += i === 0 ? 32 : 16;
  });
}

/** What a walk visits, as text. */
function walk(log: TinyJournal): string[] {
  const seen: string[] = [];
  const read = (into: Uint8Array, at: number): boolean => {
    into.set(log.bytes.subarray(at * TINY_JOURNAL.blockSize, (at + 1) * TINY_JOURNAL.blockSize));
    return at < TINY_JOURNAL.blocks;
  };
  walkJournal(log.superblock, read, {
    descriptor: (at, sequence, tags) => seen.push(`descriptor ${at} #${sequence} ${tags.length}`),
    copy: (at, sequence, tag) => seen.push(`copy ${at} #${sequence} of ${tag.block}`),
    revoke: (at, sequence, blocks) => seen.push(`revoke ${at} #${sequence} ${blocks.join()}`),
    commit: (at, sequence) => seen.push(`commit ${at} #${sequence}`),
  });
  return seen;
}

describe('the transactions of a journal', () => {
  test('are visited block by block, around the end of the log', () => {
    const log = new TinyJournal(13);
    descriptor(log, 13, 7, [100, 200, 300]);
    const revoke = log.head(2, JOURNAL_BLOCK.revoke, 7);
    revokeHeaderLayout.r_count.set(revoke, 0, 20);
    revokeLayout.blocknr.set(revoke, 16, 55);
    log.head(3, JOURNAL_BLOCK.commit, 7);
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
    const log = new TinyJournal(1);
    descriptor(log, 1, 7, [100]);
    log.head(3, JOURNAL_BLOCK.commit, 7);
    descriptor(log, 4, 8, [101]);
    expect(walk(log)).toHaveLength(3);
    log.head(6, JOURNAL_BLOCK.commit, 9);
    expect(walk(log)).toHaveLength(3);
    log.head(6, JOURNAL_BLOCK.commit, 8);
    expect(walk(log)).toHaveLength(6);
  });

  test('a clean journal has none', () => {
    expect(walk(new TinyJournal(0))).toEqual([]);
  });
});

test('any bytes are decoded, or refused with an ExtError, and walked to an end', () => {
  const { blockSize, blocks } = TINY_JOURNAL;
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 256, maxLength: 256 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      (top, rest) => {
        const log = new TinyJournal(1);
        log.bytes.set(top.subarray(0x0c), 0x0c);
        for (let at = 1; at < blocks; at++) log.bytes.set(rest, at * blockSize + 12);
        journalSuperblockLayout.s_blocksize.set(log.block(0), 0, blockSize);
        try {
          walk(log);
        } catch (error) {
          expect(isExtError(error)).toBe(true);
        }
      },
    ),
  );
});
