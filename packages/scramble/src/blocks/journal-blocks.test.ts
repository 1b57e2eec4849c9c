import { openFilesystem } from '@e2image/ext-core';
import { journalTailChecksum, tagChecksum } from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import type { Scrambler } from '../block-scrambler.ts';
import { createScrambler } from '../scrambler.ts';
import { allZero } from '../testing/all-zero.ts';
import { readRecords, writeRecords } from '../testing/directory-blocks.ts';
import {
  FEATURE,
  JOURNAL,
  journalBlock,
  MAGIC,
  type NewLog,
  readTagsOf,
  SEED,
  type WrittenLog,
  writeJournal,
} from '../testing/journal-disk.ts';
import { TEST_KEY } from '../testing/scramble-context.ts';
import { findSecret, plantSecret, secretText } from '../testing/secret-text.ts';

const SIZE = TINY.blockSize;
/** The directory of inode 12, in which a name is `SECRET`. */
const DIRECTORY = 44;
/** A block of the content of inode 13: wanted with `allData` only. */
const CONTENT = 46;
const SECRET = secretText(20);

function directory(...names: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  writeRecords(
    bytes,
    names.map((name) => ({ name })),
  );
  return bytes;
}

const filled = (byte: number): Uint8Array => new Uint8Array(SIZE).fill(byte);

/** Any bytes that begin like a block of the log. */
function withMagic(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy.set(MAGIC);
  return copy;
}

interface Journaled {
  readonly disk: TinyFilesystem;
  readonly written: WrittenLog;
  readonly scrambler: Scrambler;
  /** Block `at` of the journal, scrambled. */
  block(at: number): Uint8Array;
}

function journaled(log: NewLog, { allData = false, damage = (_disk: TinyFilesystem) => {} } = {}): Journaled {
  const disk = new TinyFilesystem();
  disk.extents(2, 'directory', 0, [[0, 1, 43]]);
  disk.bytes.set(directory('.', '..', 'folder'), 43 * SIZE);
  disk.extents(12, 'directory', 0, [[0, 1, DIRECTORY]]);
  disk.bytes.set(directory('.', '..', SECRET), DIRECTORY * SIZE);
  disk.extents(13, 'regular', 0, [[0, 1, CONTENT]]);
  for (let at = 0; at < JOURNAL.blocks; at++) plantSecret(journalBlock(disk, at), 0, SIZE);
  // What belongs to the journal's superblock is not scrambled; its second half belongs to nothing in larger blocks.
  journalBlock(disk, 0).fill(0);
  const written = writeJournal(disk, log);
  damage(disk);
  const scrambler = createScrambler(openFilesystem(disk), { key: TEST_KEY, index: 'fresh', allData });
  const block = (at: number): Uint8Array => {
    const bytes = journalBlock(disk, at).slice();
    scrambler.transform(bytes, (JOURNAL.start + at) * SIZE);
    return bytes;
  };
  return { disk, written, scrambler, block };
}

const sum = (bytes: Uint8Array): number => tagChecksum(SEED, 50, bytes);

describe('a scrambled log', () => {
  const log: NewLog = { transactions: [{ copies: [[DIRECTORY, directory('.', '..', SECRET, 'second')]] }] };

  test('has copies that are scrambled like the blocks that they are copies of', () => {
    const { disk, scrambler, written, block } = journaled(log);
    const home = disk.bytes.slice(DIRECTORY * SIZE, (DIRECTORY + 1) * SIZE);
    scrambler.transform(home, DIRECTORY * SIZE);
    const names = (bytes: Uint8Array): string[] => readRecords(bytes).map(({ name }) => name);
    const copy = names(block(written.copies[0] ?? 0));
    expect(copy).toHaveLength(4);
    expect(copy.slice(0, 3)).toEqual(names(home));
    expect(copy[2]).toMatch(/^[\w-]{20}$/);
  });

  test('keeps its superblock, its descriptors and its commit blocks, and has zeros elsewhere', () => {
    const { disk, written, block } = journaled(log);
    const kept = [0, ...written.descriptors, ...written.commits];
    for (const at of kept) {
      const bytes = block(at);
      expect(bytes.subarray(0, 36)).toEqual(journalBlock(disk, at).subarray(0, 36));
    }
    for (let at = 0; at < JOURNAL.blocks; at++) {
      if (!kept.includes(at) && !written.copies.includes(at)) expect(allZero(block(at))).toBe(true);
    }
  });

  test('keeps revoke blocks, whatever checksums the journal has', () => {
    for (const compat of [0, 1]) {
      const transactions = [{ revokes: [99, 100, 101], copies: [[DIRECTORY, filled(0)]] as const }];
      const { disk, written, block } = journaled({ compat, transactions });
      for (const at of written.revokes) expect(block(at)).toEqual(journalBlock(disk, at));
    }
  });

  test('has zeros after the tags of a descriptor', () => {
    for (const incompat of [0, FEATURE['64bit'], FEATURE.csumV2, FEATURE.csumV3]) {
      const { written, block } = journaled({ ...log, incompat });
      const size = incompat === FEATURE.csumV3 ? 16 : 8 + (incompat & 2) * 2 + (incompat === FEATURE.csumV2 ? 2 : 0);
      const bytes = block(written.descriptors[0] ?? 0);
      const hasTail = (incompat & (FEATURE.csumV2 | FEATURE.csumV3)) !== 0;
      expect(allZero(bytes.subarray(12 + size + 16, hasTail ? SIZE - 4 : SIZE))).toBe(true);
    }
  });

  test('says how many blocks it has copies of, and how many became zeros, whatever was asked for', () => {
    const { scrambler, block } = journaled(log);
    const counts = { journalCopies: 1, journalZeroed: JOURNAL.blocks - 4 };
    expect(scrambler.report()).toMatchObject(counts);
    for (let at = 0; at < JOURNAL.blocks; at++) block(at);
    // Names in copies are names of the directory.
    expect(scrambler.report()).toMatchObject({ ...counts, names: 0 });
  });

  test('becomes zeros when it cannot be understood', () => {
    const damage = ({ view }: TinyFilesystem): void => view.setUint32(JOURNAL.start * SIZE, 1);
    const { scrambler, block } = journaled(log, { damage });
    for (let at = 0; at < JOURNAL.blocks; at++) expect(allZero(block(at))).toBe(true);
    expect(scrambler.report()).toMatchObject({ journalCopies: 0, journalZeroed: JOURNAL.blocks });
  });

  test('holds no secret', () => {
    for (const incompat of [0, FEATURE.csumV2, FEATURE.csumV3]) {
      const copies = [
        [DIRECTORY, directory('.', '..', SECRET)],
        [CONTENT, directory(SECRET)],
        [200, directory(SECRET)],
      ] as const;
      const { block } = journaled({ incompat, transactions: [{ copies }, { copies }] });
      for (let at = 0; at < JOURNAL.blocks; at++) expect(findSecret(block(at), 4)).toBe(-1);
    }
  });

  test('is scrambled though a copy cannot be read', () => {
    const damage = ({ unreadable }: TinyFilesystem): void => void unreadable.add(JOURNAL.start + 2);
    const copies = [
      [DIRECTORY, directory('.', '..', SECRET)],
      [43, directory('.', '..', 'folder')],
    ] as const;
    const incompat = FEATURE.csumV3;
    const { disk, written, block } = journaled({ incompat, transactions: [{ copies }] }, { damage });
    const [descriptor = 0] = written.descriptors;
    const [before] = readTagsOf(journalBlock(disk, descriptor), 2, incompat);
    const [first, second] = readTagsOf(block(descriptor), 2, incompat);
    expect(first).toEqual(before);
    expect(second?.checksum).toBe(sum(block(written.copies[1] ?? 0)));
  });
});

describe('checksums of a log', () => {
  const copies = [
    [DIRECTORY, directory('.', '..', SECRET)],
    [43, directory('.', '..', SECRET)],
  ] as const;

  test.each([
    ['version 2', FEATURE.csumV2, 0xffff],
    ['version 2 with 64bit', FEATURE.csumV2 | FEATURE['64bit'], 0xffff],
    ['version 3', FEATURE.csumV3, 0xffff_ffff],
  ])('%s, are those of the new blocks', (_name, incompat, mask) => {
    const { written, block } = journaled({ incompat, transactions: [{ copies }] });
    const descriptor = block(written.descriptors[0] ?? 0);
    const tags = readTagsOf(descriptor, 2, incompat);
    expect(tags.map(({ block: number }) => number)).toEqual([DIRECTORY, 43]);
    expect(tags.map(({ flags }) => flags)).toEqual([0, 2 | 8]);
    expect(tags.map(({ checksum }) => checksum)).toEqual(written.copies.map((at) => (sum(block(at)) & mask) >>> 0));
    expect(new DataView(descriptor.buffer).getUint32(SIZE - 4)).toBe(journalTailChecksum(SEED, descriptor));
  });

  test('that were wrong are wrong, and not the old ones', () => {
    const incompat = FEATURE.csumV3;
    const damage = (disk: TinyFilesystem): void => {
      const view = new DataView(disk.bytes.buffer, (JOURNAL.start + 1) * SIZE);
      view.setUint32(12 + 12, 0x1234);
      view.setUint32(SIZE - 4, 0x5678);
    };
    const { written, block } = journaled({ incompat, transactions: [{ copies }] }, { damage });
    const descriptor = block(1);
    const [first, second] = readTagsOf(descriptor, 2, incompat);
    const [one, other] = written.copies.map((at) => sum(block(at)));
    expect([one, 0x1234, 0]).not.toContain(first?.checksum);
    expect(second?.checksum).toBe(other);
    const tail = new DataView(descriptor.buffer).getUint32(SIZE - 4);
    expect([journalTailChecksum(SEED, descriptor), 0x5678, 0]).not.toContain(tail);
  });

  test('follow from the sequence number of their transaction', () => {
    const incompat = FEATURE.csumV3;
    const { written, block } = journaled({ incompat, transactions: [{ copies }, { copies }] });
    const [tag] = readTagsOf(block(written.descriptors[1] ?? 0), 2, incompat);
    expect(tag?.checksum).toBe(tagChecksum(SEED, 51, block(written.copies[2] ?? 0)));
  });

  test('are found for copies at the other end of the ring', () => {
    const incompat = FEATURE.csumV3;
    for (let start = JOURNAL.blocks - 4; start < JOURNAL.blocks; start++) {
      const { written, block } = journaled({ incompat, start, transactions: [{ copies }] });
      const tags = readTagsOf(block(written.descriptors[0] ?? 0), 2, incompat);
      expect(tags.map(({ checksum }) => checksum)).toEqual(written.copies.map((at) => sum(block(at))));
    }
  });

  test('in commit blocks are gone where tags have none, and stay where they have', () => {
    const commitOf = (changes: Partial<NewLog>): readonly [before: Uint8Array, after: Uint8Array] => {
      const { disk, written, block } = journaled({ transactions: [{ copies }], ...changes });
      const [at = 0] = written.commits;
      return [journalBlock(disk, at), block(at)];
    };
    const [before, after] = commitOf({ compat: 1 });
    const expected = before.slice();
    expected.fill(0, 12, 14);
    expected.fill(0, 16, 48);
    expect(after).toEqual(expected);
    for (const changes of [{}, { compat: 2 }, { compat: 1, incompat: FEATURE.csumV3 }]) {
      const [same, kept] = commitOf(changes);
      expect(kept).toEqual(same);
    }
  });
});

describe('an escaped copy', () => {
  const incompat = FEATURE.csumV3;

  test('of a block that stays as it is begins with zeros again, and its tag is escaped', () => {
    const content = withMagic(filled(0x41));
    const log = { incompat, transactions: [{ copies: [[CONTENT, content]] as const }] };
    const { disk, written, block } = journaled(log, { allData: true });
    const [at = 0] = written.copies;
    expect(block(at)).toEqual(journalBlock(disk, at));
    expect([...block(at).subarray(0, 5)]).toEqual([0, 0, 0, 0, 0x41]);
    const [tag] = readTagsOf(block(written.descriptors[0] ?? 0), 1, incompat);
    expect(tag).toEqual({ block: CONTENT, flags: 1 | 8, checksum: sum(block(at)) });
  });

  test('is scrambled as what it was before it was escaped', () => {
    // A record whose inode number is the magic number, as the little-endian word at its start.
    const records = directory(SECRET, 'other');
    const escaped = withMagic(records);
    const { written, block } = journaled({ incompat, transactions: [{ copies: [[DIRECTORY, escaped]] }] });
    const bytes = block(written.copies[0] ?? 0);
    // The record is not deleted, as one with inode number 0 would be: its name is that of a name in use.
    expect([...bytes.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    expect(readRecords(bytes)[0]?.name).toMatch(/^[\w-]{20}$/);
    const [tag] = readTagsOf(block(written.descriptors[0] ?? 0), 1, incompat);
    expect(tag).toMatchObject({ flags: 1 | 8, checksum: sum(bytes) });
  });

  test('whose block becomes zeros is not escaped any more', () => {
    const { written, block } = journaled({ incompat, transactions: [{ copies: [[200, withMagic(filled(1))]] }] });
    expect(allZero(block(written.copies[0] ?? 0))).toBe(true);
    const [tag] = readTagsOf(block(written.descriptors[0] ?? 0), 1, incompat);
    expect(tag).toMatchObject({ flags: 8, checksum: sum(new Uint8Array(SIZE)) });
  });

  test('of bytes without structure is the scrambled block, as if it had not been escaped', () => {
    // Less than a record: the block is scrambled as bytes, the escaped word as one of them.
    const content = withMagic(filled(0x41));
    const { disk, written, block } = journaled({ incompat, transactions: [{ copies: [[DIRECTORY, content]] }] });
    const plain = content.slice();
    const other = createScrambler(openFilesystem(disk), { key: TEST_KEY, index: 'fresh' });
    other.transform(plain, DIRECTORY * SIZE);
    const [tag] = readTagsOf(block(written.descriptors[0] ?? 0), 1, incompat);
    const copy = block(written.copies[0] ?? 0);
    expect(copy.subarray(4)).toEqual(plain.subarray(4));
    expect((tag?.flags ?? 0) & 1).toBe(MAGIC.every((byte, i) => plain[i] === byte) ? 1 : 0);
  });
});

describe('a copy', () => {
  /** The only copy of a log, scrambled. */
  function copyOf(block: number, content: Uint8Array, options = {}): Uint8Array {
    const { written, block: scrambled } = journaled({ transactions: [{ copies: [[block, content]] }] }, options);
    return scrambled(written.copies[0] ?? 0);
  }

  test('of a block that nothing owns becomes zeros, and is counted', () => {
    const { scrambler, block } = journaled({ transactions: [{ copies: [[200, filled(1)]] }] });
    expect(allZero(block(2))).toBe(true);
    expect(scrambler.report().zeroed).toBe(1);
  });

  test('of a bitmap or a descriptor stays, whichever it is', () => {
    for (const block of [2, 5, 6]) {
      const content = block === 2 ? new TinyFilesystem().bytes.slice(2 * SIZE, 3 * SIZE) : filled(0x55);
      expect(copyOf(block, content)).toEqual(content);
    }
  });

  test('of the content of a file stays only when it is wanted, and is the newest', () => {
    expect(copyOf(CONTENT, filled(0x41), { allData: true })).toEqual(filled(0x41));
    expect(allZero(copyOf(CONTENT, filled(0x41)))).toBe(true);
    const transactions = [
      { copies: [[CONTENT, filled(0x41)]] as const },
      { copies: [[CONTENT, filled(0x42)]] as const },
    ];
    const { written, block } = journaled({ transactions }, { allData: true });
    const [old = 0, newest = 0] = written.copies;
    expect(allZero(block(old))).toBe(true);
    expect(block(newest)).toEqual(filled(0x42));
  });

  test('of an inode table is scrambled by the numbers of its inodes, without the problems that it has', () => {
    const problems: unknown[] = [];
    const disk = new TinyFilesystem();
    disk.extents(12, 'directory', 0, [[0, 1, DIRECTORY]]);
    const damaged = new Uint8Array(SIZE);
    plantSecret(damaged, 0, SIZE);
    disk.bytes.set(directory('.', '..', SECRET), DIRECTORY * SIZE);
    writeJournal(disk, { transactions: [{ copies: [[DIRECTORY, damaged]] }, { copies: [[DIRECTORY, damaged]] }] });
    const scrambler = createScrambler(openFilesystem(disk), {
      key: TEST_KEY,
      index: 'fresh',
      onProblem: (problem) => problems.push(problem),
    });
    const bytes = journalBlock(disk, 2).slice();
    scrambler.transform(bytes, (JOURNAL.start + 2) * SIZE);
    expect(findSecret(bytes)).toBe(-1);
    expect(problems).toEqual([]);
    expect(scrambler.report().damagedBlocks).toBe(0);
  });
});
