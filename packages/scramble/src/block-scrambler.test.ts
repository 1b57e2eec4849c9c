import { openFilesystem } from '@e2image/ext-core';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import fc from 'fast-check';
import type { Scrambler } from './block-scrambler.ts';
import { createScrambler, type ScrambleOptions } from './scrambler.ts';
import { allZero } from './testing/all-zero.ts';
import { readRecords, writeRecords } from './testing/directory-blocks.ts';
import { JOURNAL, writeJournal } from './testing/journal-disk.ts';
import { TEST_KEY } from './testing/scramble-context.ts';
import { findSecret, plantSecret, secretText } from './testing/secret-text.ts';

const SIZE = TINY.blockSize;
const SECRET = secretText(20);
const OPTIONS: ScrambleOptions = { key: TEST_KEY, index: 'fresh' };

function directory(disk: TinyFilesystem, block: number, ...names: readonly string[]): void {
  writeRecords(
    disk.bytes.subarray(block * SIZE, (block + 1) * SIZE),
    names.map((name) => ({ name })),
  );
}

/** Every block full of a secret that is not something else, and a directory in block 44. */
function fullDisk(): TinyFilesystem {
  const disk = new TinyFilesystem();
  for (let block = 20; block < 256; block++) plantSecret(disk.bytes, block * SIZE, (block + 1) * SIZE);
  disk.extents(12, 'directory', 0, [[0, 1, 44]]);
  directory(disk, 44, '.', '..', SECRET);
  disk.extents(13, 'regular', 0, [[0, 2, 50]]);
  return disk;
}

const scramblerOf = (disk: TinyFilesystem, options: Partial<ScrambleOptions> = {}): Scrambler =>
  createScrambler(openFilesystem(disk), { ...OPTIONS, ...options });

/** Blocks `[first, first + count)`, scrambled together. */
function blocks(disk: TinyFilesystem, scrambler: Scrambler, first: number, count = 1): Uint8Array {
  const bytes = disk.bytes.slice(first * SIZE, (first + count) * SIZE);
  scrambler.transform(bytes, first * SIZE);
  return bytes;
}

describe('blocks', () => {
  test('are the same in whatever pieces they are scrambled', () => {
    const disk = fullDisk();
    const whole = blocks(disk, scramblerOf(disk), 1, 100);
    const cuts = fc.uniqueArray(fc.integer({ min: 2, max: 100 }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (found) => {
        const ends = [...found.sort((a, b) => a - b), 101];
        const scrambler = scramblerOf(disk);
        let from = 1;
        for (const end of ends) {
          const piece = blocks(disk, scrambler, from, end - from);
          const start = (from - 1) * SIZE;
          // `toEqual` takes a second for so many bytes.
          expect(piece.every((byte, at) => byte === whole[start + at])).toBe(true);
          from = end;
        }
      }),
      { numRuns: 20 },
    );
  });

  test('are the same in whatever order they are scrambled, and after another file system was', () => {
    const disk = fullDisk();
    const scrambler = scramblerOf(disk);
    const order = [44, 8, 1, 9, 44, 100, 50, 44];
    const first = order.map((block) => blocks(disk, scramblerOf(disk), block));
    expect(order.map((block) => blocks(disk, scrambler, block))).toEqual(first);
  });

  test('that nothing owns become zeros, and are counted; those that are kept stay', () => {
    const disk = fullDisk();
    const scrambler = scramblerOf(disk);
    expect(allZero(blocks(disk, scrambler, 60, 3))).toBe(true);
    expect(scrambler.report().zeroed).toBe(3);
    for (const block of [2, 5, 6]) {
      expect(blocks(disk, scrambler, block)).toEqual(disk.bytes.slice(block * SIZE, (block + 1) * SIZE));
    }
    expect(scrambler.report().zeroed).toBe(3);
  });

  test('of contents stay only when they are wanted', () => {
    const disk = fullDisk();
    expect(allZero(blocks(disk, scramblerOf(disk), 50, 2))).toBe(true);
    expect(blocks(disk, scramblerOf(disk, { allData: true }), 50, 2)).toEqual(disk.bytes.slice(50 * SIZE, 52 * SIZE));
  });

  test('of a whole disk hold no secret', () => {
    for (const index of ['fresh', 'keep'] as const) {
      const disk = fullDisk();
      expect(findSecret(blocks(disk, scramblerOf(disk, { index }), 1, 256))).toBe(-1);
    }
  });

  test('are reported by a copy of the counts', () => {
    const disk = fullDisk();
    const scrambler = scramblerOf(disk);
    const report = scrambler.report();
    blocks(disk, scrambler, 60);
    expect(report.zeroed).toBe(0);
  });
});

describe('an inode table', () => {
  test('is scrambled by the numbers of its inodes, in any pieces', () => {
    const disk = fullDisk();
    // A free inode loses its map; an inode in use keeps it: both are found by number.
    const scrambler = scramblerOf(disk);
    const table = blocks(disk, scrambler, 7, 4);
    expect(blocks(disk, scramblerOf(disk), 8)).toEqual(table.slice(SIZE, 2 * SIZE));
    expect(table.subarray(disk.inodeBase(12) - 7 * SIZE).subarray(0, 2)).toEqual(
      disk.bytes.subarray(disk.inodeBase(12)).subarray(0, 2),
    );
  });
});

describe('a superblock elsewhere', () => {
  test('is scrambled like that of the file system, and counted', () => {
    const disk = fullDisk();
    const scrambler = scramblerOf(disk);
    const raw = disk.bytes.slice(1024, 2048);
    scrambler.superblock(raw);
    expect(raw).toEqual(blocks(disk, scrambler, 1));
    expect(raw).not.toEqual(disk.bytes.slice(1024, 2048));
    expect(scrambler.report().superblocks).toBe(2);
  });
});

describe('the source of a scrambler', () => {
  test('reads as the scrambled blocks', () => {
    const disk = fullDisk();
    const scrambler = scramblerOf(disk);
    const into = new Uint8Array(3 * SIZE);
    scrambler.source(disk).readAt(into, 43 * SIZE);
    expect(into).toEqual(blocks(disk, scramblerOf(disk), 43, 3));
  });

  test('has holes for blocks of the journal that become zeros, and data for those that do not', () => {
    const disk = new TinyFilesystem();
    disk.extents(12, 'directory', 0, [[0, 1, 44]]);
    directory(disk, 44, '.', '..', SECRET);
    const copies = [[44, disk.bytes.slice(44 * SIZE, 45 * SIZE)]] as const;
    writeJournal(disk, { start: 3, transactions: [{ copies }] });
    const source = scramblerOf(disk).source(disk);
    const kinds = Array.from(
      { length: JOURNAL.blocks },
      (_, at) => source.extentAt?.((JOURNAL.start + at) * SIZE)?.kind,
    );
    // Superblock; descriptor, copy and commit from block 3 on.
    expect(kinds.map((kind) => (kind === 'data' ? 'D' : '-')).join('')).toBe(`D--DDD${'-'.repeat(18)}`);
    expect(source.extentAt?.((JOURNAL.start + 1) * SIZE)?.length).toBe(2 * SIZE);
    expect(source.extentAt?.((JOURNAL.start + 6) * SIZE)?.length).toBe(18 * SIZE);
    expect(source.extentAt?.((JOURNAL.start - 1) * SIZE)?.kind).toBe('data');
    expect(source.extentAt?.((JOURNAL.start + JOURNAL.blocks) * SIZE)?.kind).toBe('data');
  });
});

describe('blocks that only a replay of the journal puts into use', () => {
  /** A log whose inode table makes inode 12 a directory in block 50, and that has a copy of block 52. */
  function replayed(): TinyFilesystem {
    const after = new TinyFilesystem();
    const base = after.extents(12, 'directory', 0, [[0, 3, 50]]);
    const block = Math.floor(base / SIZE);
    const disk = new TinyFilesystem();
    disk.extents(12, 'directory', 0, [[0, 1, 44]]);
    for (const one of [44, 50, 51, 52, 53]) directory(disk, one, '.', '..', SECRET);
    const copies = [
      [block, after.bytes.slice(block * SIZE, (block + 1) * SIZE)],
      [52, disk.bytes.slice(50 * SIZE, 51 * SIZE)],
    ] as const;
    writeJournal(disk, { transactions: [{ copies }] });
    return disk;
  }

  test('are scrambled as what they then are', () => {
    const disk = replayed();
    const scrambler = scramblerOf(disk);
    for (const block of [44, 50, 51]) {
      const names = readRecords(blocks(disk, scrambler, block)).map(({ name }) => name);
      expect(names).toEqual(['.', '..', expect.stringMatching(/^[\w-]{20}$/)]);
    }
    expect(scrambler.report()).toMatchObject({ zeroed: 0, names: 3 });
  });

  test('become zeros where the replay replaces them, or does not put them into use', () => {
    const disk = replayed();
    const scrambler = scramblerOf(disk);
    expect(allZero(blocks(disk, scrambler, 52))).toBe(true);
    expect(allZero(blocks(disk, scrambler, 53))).toBe(true);
    expect(scrambler.report()).toMatchObject({ zeroed: 2 });
    expect([44, 50, 51, 52, 53].map((block) => scrambler.selected.has(block))).toEqual([true, true, true, true, false]);
  });

  test('stay where they are contents that are wanted', () => {
    const after = new TinyFilesystem();
    const base = after.extents(13, 'regular', 0, [[0, 2, 60]]);
    const block = Math.floor(base / SIZE);
    const disk = new TinyFilesystem();
    for (const one of [60, 61]) plantSecret(disk.bytes, one * SIZE, (one + 1) * SIZE);
    const copies = [
      [block, after.bytes.slice(block * SIZE, (block + 1) * SIZE)],
      [61, new Uint8Array(SIZE).fill(1)],
    ] as const;
    writeJournal(disk, { transactions: [{ copies }] });
    const scrambler = scramblerOf(disk, { allData: true });
    expect(blocks(disk, scrambler, 60)).toEqual(disk.bytes.slice(60 * SIZE, 61 * SIZE));
    expect(allZero(blocks(disk, scrambler, 61))).toBe(true);
  });
});
