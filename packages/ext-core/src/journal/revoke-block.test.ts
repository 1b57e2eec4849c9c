import { TINY_JOURNAL, TinyJournal } from '../testing/tiny-journal.ts';
import { JOURNAL_INCOMPAT } from './journal-superblock.ts';
import { readRevokes, revokeHeaderLayout } from './revoke-block.ts';

const SIZE = TINY_JOURNAL.blockSize;

/** A revoke block whose numbers are 1, 2, 0, 3 and so on: big-endian words from byte 16 on. */
function revokeBlock(count: number): DataView {
  const bytes = new Uint8Array(SIZE);
  for (const [i, number] of [1, 2, 0, 3].entries()) bytes[16 + 4 * i + 3] = number;
  const view = new DataView(bytes.buffer);
  revokeHeaderLayout.r_count.set(view, 0, count);
  return view;
}

const revokes = (incompat: number, view: DataView): number[] =>
  readRevokes(new TinyJournal(1, incompat).superblock, view);

test('block numbers of revoke blocks have 64 bits where the journal has', () => {
  expect(revokes(0, revokeBlock(32))).toEqual([1, 2, 0, 3]);
  expect(revokes(JOURNAL_INCOMPAT['64bit'], revokeBlock(32))).toEqual([2 ** 32 + 2, 3]);
});

test('the count is in bytes, and a number that it cuts does not count', () => {
  expect(revokes(0, revokeBlock(16))).toEqual([]);
  expect(revokes(0, revokeBlock(27))).toEqual([1, 2]);
  expect(revokes(JOURNAL_INCOMPAT['64bit'], revokeBlock(31))).toEqual([2 ** 32 + 2]);
});

test('a count past the end of the block ends with it, or with the checksum', () => {
  expect(revokes(0, revokeBlock(2 ** 31))).toHaveLength((SIZE - 16) / 4);
  expect(revokes(JOURNAL_INCOMPAT.csumV3, revokeBlock(2 ** 31))).toHaveLength((SIZE - 16) / 4 - 1);
});
