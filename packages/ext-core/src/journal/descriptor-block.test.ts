import { TINY_JOURNAL, TinyJournal } from '../testing/tiny-journal.ts';
import { readTags, TAG_FLAG, tag3Layout, tagSize, writeTag } from './descriptor-block.ts';
import { JOURNAL_INCOMPAT } from './journal-superblock.ts';

const SIZE = TINY_JOURNAL.blockSize;

describe('tags', () => {
  test.each([
    [0, 8],
    [JOURNAL_INCOMPAT['64bit'], 12],
    [JOURNAL_INCOMPAT.csumV2, 10],
    [JOURNAL_INCOMPAT.csumV2 | JOURNAL_INCOMPAT['64bit'], 14],
    [JOURNAL_INCOMPAT.csumV3, 16],
    [JOURNAL_INCOMPAT.csumV3 | JOURNAL_INCOMPAT['64bit'], 16],
  ])('with features %i have %i bytes, and read back what was written', (incompat, size) => {
    const journal = new TinyJournal(1, incompat).superblock;
    expect(tagSize(journal)).toBe(size);
    const view = new DataView(new ArrayBuffer(SIZE));
    writeTag(journal, view, 12, { flags: TAG_FLAG.last | TAG_FLAG.escaped, checksum: 0x1234_5678 });
    const { tags } = readTags(journal, view);
    expect(tags).toHaveLength(1);
    const width = size === 16 ? 0x1234_5678 : size === 10 || size === 14 ? 0x5678 : 0;
    expect(tags[0]).toMatchObject({ at: 12, flags: 9, checksum: width });
  });

  test('fill a block at most, and leave room for its checksum', () => {
    const journal = new TinyJournal(1).superblock;
    const view = new DataView(new Uint8Array(SIZE).fill(0xff).buffer);
    for (let at = 12; at + 16 <= SIZE; at += 16) tag3Layout.t_flags.set(view, at, TAG_FLAG.sameUuid);
    const { tags, end } = readTags(journal, view);
    expect(tags.length).toBe(Math.floor((SIZE - 4 - 12) / 16));
    expect(end).toBeLessThanOrEqual(SIZE - 4);
  });
});
