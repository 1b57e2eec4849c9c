import { openFilesystem } from '@e2image/ext-core';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { classify } from '../survey/classify.ts';
import { FEATURE, JOURNAL, MAGIC, type NewLog, writeJournal } from '../testing/journal-disk.ts';
import {
  beginsWithMagic,
  type JournalLog,
  type JournalState,
  readCopy,
  readJournal,
  recoveredSource,
} from './journal-log.ts';

const SIZE = TINY.blockSize;

function stateOf(disk: TinyFilesystem): JournalState {
  const fs = openFilesystem(disk);
  const steps = classify(fs, { selection: 'complete', allData: false });
  for (;;) {
    const step = steps.next();
    if (step.done) return readJournal(fs, step.value);
  }
}

function logOf(log: NewLog, disk = new TinyFilesystem()): JournalLog {
  writeJournal(disk, log);
  const state = stateOf(disk);
  if (state.kind !== 'log') throw new Error(JSON.stringify(state));
  return state.log;
}

const filled = (byte: number): Uint8Array => new Uint8Array(SIZE).fill(byte);

describe('a journal', () => {
  test('that does not exist is reported as `none`', () => {
    expect(stateOf(new TinyFilesystem())).toEqual({ kind: 'none' });
  });

  test('is bad when its superblock cannot be read, is not one, or is of another block size', () => {
    const reasonOf = (damage: (disk: TinyFilesystem) => void): string | undefined => {
      const disk = new TinyFilesystem();
      writeJournal(disk, { transactions: [] });
      damage(disk);
      const state = stateOf(disk);
      return state.kind === 'bad' ? state.reason : undefined;
    };
    expect(reasonOf(() => {})).toBeUndefined();
    expect(reasonOf(({ unreadable }) => unreadable.add(JOURNAL.start))).toMatch(/cannot be read/);
    expect(reasonOf(({ view }) => view.setUint32(JOURNAL.start * SIZE, 1))).toMatch(/magic number/);
    expect(reasonOf(({ view }) => view.setUint32(JOURNAL.start * SIZE + 12, 4096))).toMatch(/block size is 4096/);
  });

  test('throws errors that are not of the format', () => {
    const disk = new TinyFilesystem();
    writeJournal(disk, { transactions: [] });
    const fs = openFilesystem(disk);
    const classified = classify(fs, { selection: 'complete', allData: false });
    let step = classified.next();
    while (!step.done) step = classified.next();
    disk.readAt = () => {
      throw new TypeError('a bug');
    };
    expect(() => readJournal(fs, step.value ?? expect.anything())).toThrow(TypeError);
  });

  test('has a log of descriptors, copies, revokes and commits, each by its block of the journal', () => {
    const disk = new TinyFilesystem();
    const written = writeJournal(disk, {
      transactions: [
        {
          copies: [
            [40, filled(1)],
            [41, filled(2)],
          ],
        },
        { revokes: [41], copies: [[42, filled(3)]] },
      ],
    });
    const state = stateOf(disk);
    const log = state.kind === 'log' ? state.log : undefined;
    expect([...(log?.descriptors ?? [])]).toEqual(written.descriptors);
    expect([...(log?.revokes ?? [])]).toEqual(written.revokes);
    expect([...(log?.commits ?? [])]).toEqual(written.commits);
    expect([...(log?.copies.values() ?? [])]).toEqual([
      { at: 2, block: 40, sequence: 50, flags: 0, checksum: 0 },
      { at: 3, block: 41, sequence: 50, flags: 2 | 8, checksum: 0 },
      { at: 6, block: 42, sequence: 51, flags: 8, checksum: 0 },
    ]);
    expect([...(log?.copies.keys() ?? [])]).toEqual(written.copies);
  });

  test('whose copies have checksums keeps those', () => {
    const log = logOf({ incompat: FEATURE.csumV3, transactions: [{ copies: [[40, filled(1)]] }] });
    expect(log.copies.get(2)?.checksum).toBeGreaterThan(0xffff);
  });
});

describe('the newest copy of a block', () => {
  test('is that of the last transaction', () => {
    const { newest } = logOf({
      transactions: [
        { copies: [[40, filled(1)]] },
        {
          copies: [
            [41, filled(2)],
            [40, filled(3)],
          ],
        },
      ],
    });
    expect([...newest.keys()].sort()).toEqual([40, 41]);
    expect(newest.get(40)).toMatchObject({ at: 6, sequence: 51 });
  });

  test('does not exist where the same or a later transaction revoked it, and exists where an earlier one did', () => {
    const blocks = (log: NewLog): number[] => [...logOf(log).newest.keys()];
    const copy = { copies: [[40, filled(1)]] } as const;
    expect(blocks({ transactions: [{ ...copy, revokes: [40] }] })).toEqual([]);
    expect(blocks({ transactions: [copy, { revokes: [40] }] })).toEqual([]);
    expect(blocks({ transactions: [copy, { revokes: [41] }] })).toEqual([40]);
    expect(blocks({ transactions: [{ revokes: [40] }, copy] })).toEqual([40]);
  });

  test('is found when sequence numbers wrap around', () => {
    const copy = { copies: [[40, filled(1)]] } as const;
    const sequence = 0xffff_ffff;
    expect([...logOf({ sequence, transactions: [copy, { revokes: [40] }] }).newest.keys()]).toEqual([]);
    expect([...logOf({ sequence, transactions: [{ revokes: [40] }, copy] }).newest.keys()]).toEqual([40]);
  });
});

describe('the content of a copy', () => {
  const escaped = Uint8Array.from(filled(9));
  escaped.set(MAGIC);

  test('has its escaped word again, and is undefined when it cannot be read', () => {
    const disk = new TinyFilesystem();
    const log = logOf(
      {
        transactions: [
          {
            copies: [
              [40, escaped],
              [41, filled(1)],
            ],
          },
        ],
      },
      disk,
    );
    const [first, second] = [...log.copies.values()];
    if (first === undefined || second === undefined) throw new Error('no copies');
    expect(readCopy(log, first)).toEqual(escaped);
    expect(readCopy(log, second)).toEqual(filled(1));
    disk.unreadable.add(JOURNAL.start + second.at);
    expect(readCopy(log, second)).toBeUndefined();
  });

  test('begins like a block of the log only with all four bytes', () => {
    expect(beginsWithMagic(escaped)).toBe(true);
    for (let at = 0; at < 4; at++) expect(beginsWithMagic(escaped.with(at, 0))).toBe(false);
  });
});

describe('a recovered source', () => {
  const disk = new TinyFilesystem();
  for (let block = 38; block < 46; block++) disk.bytes.fill(block, block * SIZE, (block + 1) * SIZE);
  const copy = Uint8Array.from({ length: SIZE }, (_, at) => (at % 100) + 100);
  const log = logOf(
    {
      transactions: [
        {
          copies: [
            [40, copy],
            [43, copy],
          ],
        },
        { copies: [[41, filled(1)]] },
      ],
    },
    disk,
  );
  const source = recoveredSource(openFilesystem(disk), log);
  const expected = disk.bytes.slice();
  expected.set(copy, 40 * SIZE);
  expected.set(copy, 43 * SIZE);
  expected.set(filled(1), 41 * SIZE);

  test('has the size of the device', () => {
    expect(source.size).toBe(disk.size);
  });

  test.each([
    [0, 2048],
    [39 * SIZE, 6 * SIZE],
    [40 * SIZE, SIZE],
    [40 * SIZE + 10, 20],
    [40 * SIZE - 10, 20],
    [41 * SIZE - 10, 20],
    [39 * SIZE + 7, 3 * SIZE],
    [43 * SIZE + 1, 2 * SIZE],
    [44 * SIZE, 100],
  ])('reads the copies in place of their blocks, at byte %i %i bytes', (offset, length) => {
    const into = new Uint8Array(length);
    source.readAt(into, offset);
    expect(into).toEqual(expected.subarray(offset, offset + length));
  });

  test('reads the old block where its copy cannot be read', () => {
    disk.unreadable.add(JOURNAL.start + (log.newest.get(41)?.at ?? 0));
    const into = new Uint8Array(SIZE);
    source.readAt(into, 41 * SIZE);
    disk.unreadable.clear();
    expect(into).toEqual(filled(41));
  });
});
