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

/** CRC32C bit by bit, all ones first, not inverted at the end: a second opinion. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return crc >>> 0;
}

test('a journal is dirty when its log has a start', () => {
  expect(isDirty(journal())).toBe(false);
  expect(isDirty(journal({ start: 5 }))).toBe(true);
});

test('other blocks are not taken for a journal superblock', () => {
  expect(journalIn(new Uint8Array(1024))).toBeUndefined();
  const commit = journal();
  new DataView(commit.buffer).setUint32(4, 2);
  expect(journalIn(commit)).toBeUndefined();
});

test('an emptied journal is clean and begins after every transaction that its ring can hold', () => {
  const raw = journal({ start: 5, sequence: 0xffff_ffff });
  const before = raw.slice();
  expect(journalIn(emptied(raw))).toMatchObject({ maxlen: 1024, sequence: 1023, start: 0 });
  expect(raw).toEqual(before);
});

test.each([
  ['csum v2', 0x8],
  ['csum v3', 0x12],
])('with %s the checksum is that of the block without it', (_name, incompat) => {
  const raw = journal({ start: 1, incompat });
  // Reserved fields, and a checksum that is no longer right.
  raw.fill(0x5a, 0x58, 0x100);
  const copy = emptied(raw);
  const stored = new DataView(copy.buffer).getUint32(0xfc);
  copy.fill(0, 0xfc, 0x100);
  expect(stored).toBe(crc32c(copy));
});

test('without checksums the field stays 0', () => {
  const copy = emptied(journal({ start: 1, incompat: 0x2 }));
  expect(new DataView(copy.buffer).getUint32(0xfc)).toBe(0);
});
