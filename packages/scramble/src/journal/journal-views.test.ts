import { openFilesystem } from '@e2image/ext-core';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { selectBlocks, type WalkOptions } from '@e2image/ext-core/walk';
import type { ScrambleProblem } from '../base/problem.ts';
import { JOURNAL, type NewTransaction, writeJournal } from '../testing/journal-disk.ts';
import { type JournalViews, readJournalViews } from './journal-views.ts';

const SIZE = TINY.blockSize;
const COMPLETE: WalkOptions = { selection: 'complete', allData: false };
const COMPAT: WalkOptions = { selection: 'compat', allData: false };

interface Found extends JournalViews {
  readonly problems: readonly ScrambleProblem[];
}

function viewsOf(disk: TinyFilesystem, walk = COMPLETE): Found {
  const problems: ScrambleProblem[] = [];
  const steps = readJournalViews(openFilesystem(disk), walk, (problem) => problems.push(problem));
  for (;;) {
    const step = steps.next();
    if (step.done) return { ...step.value, problems };
  }
}

/** The block of the inode table with inode 12, as it is when that is a directory in these blocks. */
function tableWith(start: number): readonly [block: number, content: Uint8Array] {
  const disk = new TinyFilesystem();
  const base = disk.extents(12, 'directory', 0, [[0, 1, start]]);
  const block = Math.floor(base / SIZE);
  return [block, disk.bytes.slice(block * SIZE, (block + 1) * SIZE)];
}

/** A file system whose inode 12 is a directory in block 44, and that has this log. */
function journaled(...transactions: NewTransaction[]): TinyFilesystem {
  const disk = new TinyFilesystem();
  disk.extents(12, 'directory', 0, [[0, 1, 44]]);
  writeJournal(disk, { transactions });
  return disk;
}

/** An inode with no links that the walk does not visit under `compat`. */
function withOrphan(disk: TinyFilesystem): TinyFilesystem {
  disk.view.setUint16(disk.extents(14, 'directory', 0, [[0, 1, 60]]) + 0x1a, 0, true);
  return disk;
}

describe('the views of a file system', () => {
  test('are only the device without a journal, or with an empty log', () => {
    for (const disk of [new TinyFilesystem(), journaled()]) {
      const { device, recovered, selected, problems } = viewsOf(disk);
      expect(recovered).toBeUndefined();
      expect([...selected.runs()]).toEqual([...selectBlocks(openFilesystem(disk), COMPLETE).runs()]);
      expect(device.classified.selected).toBe(selected);
      expect(problems).toEqual([]);
    }
  });

  test('are two where a replay would change blocks, and both are selected', () => {
    for (const walk of [COMPLETE, COMPAT]) {
      const disk = journaled({ copies: [tableWith(50)] });
      const { device, recovered, selected, state } = viewsOf(disk, walk);
      expect(state.kind).toBe('log');
      expect([44, 50].map((block) => device.classified.selected.has(block))).toEqual([true, false]);
      expect([44, 50].map((block) => recovered?.classified.selected.has(block))).toEqual([false, true]);
      expect([44, 50, 51].map((block) => selected.has(block))).toEqual([true, true, false]);
    }
  });

  test('are only the device where all copies are revoked', () => {
    const disk = journaled({ copies: [tableWith(50)] }, { revokes: [tableWith(50)[0]] });
    const { recovered, selected } = viewsOf(disk);
    expect(recovered).toBeUndefined();
    expect(selected.has(50)).toBe(false);
  });

  test('are only the device where a replay would leave no file system, which is reported', () => {
    const disk = journaled({ copies: [[1, new Uint8Array(SIZE).fill(1)]] });
    const { recovered, selected, problems } = viewsOf(disk);
    expect(recovered).toBeUndefined();
    expect(selected.has(44)).toBe(true);
    expect(problems).toMatchObject([{ code: 'bad-journal' }]);
  });

  test('are only the device where the journal cannot be understood, which is reported', () => {
    const disk = journaled();
    disk.view.setUint32(JOURNAL.start * SIZE, 1);
    const { state, recovered, problems } = viewsOf(disk);
    expect([state.kind, recovered]).toEqual(['bad', undefined]);
    expect(problems).toMatchObject([{ code: 'bad-journal' }]);
    expect(problems[0]?.message).toMatch(/magic number/);
  });

  test('are of the trusted superblock, also when that is a backup', () => {
    const disk = journaled({ copies: [tableWith(50)] });
    // The superblock and the descriptors after it.
    disk.bytes.copyWithin(257 * SIZE, SIZE, 3 * SIZE);
    disk.bytes.fill(0, SIZE, 3 * SIZE);
    const steps = readJournalViews(openFilesystem(disk, { superblockBlock: 257, blockSize: SIZE }), COMPLETE);
    let step = steps.next();
    while (!step.done) step = steps.next();
    expect(step.value.recovered?.fs.superblockBlock).toBe(257);
    expect(step.value.recovered?.classified.selected.has(50)).toBe(true);
  });

  test('throw errors that are not of the format', () => {
    const disk = journaled({ copies: [tableWith(50)] });
    const fs = openFilesystem(disk);
    const source = {
      size: disk.size,
      readAt: (into: Uint8Array, offset: number) => {
        if (offset === 1024 && into.length === 1024) throw new TypeError('a bug');
        disk.readAt(into, offset);
      },
    };
    const steps = readJournalViews(
      { ...fs, source, readBlocks: (into, block) => source.readAt(into, block * SIZE) },
      COMPLETE,
    );
    expect(() => {
      while (!steps.next().done);
    }).toThrow(TypeError);
  });
});

describe('a walk that selects as C does', () => {
  test('is enough to know the blocks of a plain file system', () => {
    const { device, selected } = viewsOf(withOrphan(journaled()), COMPAT);
    expect(selected.has(60)).toBe(false);
    expect(device.classified.selected.has(60)).toBe(false);
  });

  test.each([
    [
      'copies in the journal may be of blocks that it leaves out',
      () => withOrphan(journaled({ copies: [tableWith(50)] })),
    ],
    [
      'copies may be revoked',
      () => withOrphan(journaled({ copies: [tableWith(50)] }, { revokes: [tableWith(50)[0]] })),
    ],
    [
      'values may be in inodes',
      () => {
        const disk = withOrphan(journaled());
        disk.view.setUint32(1024 + 0x60, 0x42 | 0x400, true);
        return disk;
      },
    ],
  ])('is not enough where %s', (_name, make) => {
    const { device, selected } = viewsOf(make(), COMPAT);
    expect(selected.has(60)).toBe(false);
    expect(device.classified.selected.has(60)).toBe(true);
  });

  test('reports what it meets, once', () => {
    const disk = journaled({ copies: [tableWith(50)] });
    disk.extents(15, 'directory', 33, []);
    const problems: string[] = [];
    viewsOf(disk, { ...COMPAT, onProblem: ({ code }) => problems.push(code) });
    expect(problems).toEqual(['bad-extent-root']);
  });

  test('selects file contents only when they are wanted, of both views', () => {
    const disk = journaled({ copies: [tableWith(50)] });
    disk.extents(16, 'regular', 0, [[0, 1, 70]]);
    expect(viewsOf(disk, COMPAT).selected.has(70)).toBe(false);
    expect(viewsOf(disk, { ...COMPAT, allData: true }).selected.has(70)).toBe(true);
  });
});
