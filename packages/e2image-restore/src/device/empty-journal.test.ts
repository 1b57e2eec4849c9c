import { journalSuperblockChecksum } from '@e2image/ext-core/structures';
import { emptied, isDirty, journalIn } from './empty-journal.ts';

function journal({ start = 0, sequence = 7, incompat = 0 } = {}): Uint8Array {
  const raw = new Uint8Array(1024);
  const view = new DataView(raw.buffer);
  view.setUint32(0x0, 0xc03b3998);
  view.setUint32(0x4, 4);
  view.setUint32(0x10, 1024);
  view.setUint32(0x14, 1);
  view.setUint32(0x18, sequence);
  view.setUint32(0x1c, start);
  view.setUint32(0x28, incompat);
  return raw;
}

test('a journal is dirty when its log begins somewhere', () => {
  expect(isDirty(journal())).toBe(false);
  expect(isDirty(journal({ start: 5 }))).toBe(true);
});

test('other blocks are no journal superblock', () => {
  expect(journalIn(new Uint8Array(1024))).toBeUndefined();
  const commit = journal();
  new DataView(commit.buffer).setUint32(4, 2);
  expect(journalIn(commit)).toBeUndefined();
});

test('an emptied journal is clean and begins behind every transaction that its ring can hold', () => {
  const raw = journal({ start: 5, sequence: 0xffff_ffff });
  const before = raw.slice();
  expect(journalIn(emptied(raw))).toMatchObject({ maxlen: 1024, sequence: 1023, start: 0 });
  expect(raw).toEqual(before);
});

test.each([
  ['csum v2', 0x8, true],
  ['csum v3', 0x12, true],
  ['no checksum', 0x2, false],
])('with %s the checksum is kept right', (_name, incompat, hasChecksum) => {
  const copy = emptied(journal({ start: 1, incompat }));
  const stored = new DataView(copy.buffer).getUint32(0xfc);
  expect(stored).toBe(hasChecksum ? journalSuperblockChecksum(copy) : 0);
});
