import { openFilesystem } from '@e2image/ext-core';
import { SCRAMBLED_MARK, superblockLayout } from '@e2image/ext-core/structures';
import { TinyFilesystem } from '@e2image/ext-core/testing';
import { memorySource } from '@e2image/sparse-io/testing';
import type { Segment } from '../base/segments.ts';
import type { ImageContent } from '../image/content.ts';
import { allRuns, planWrites, readSuperblockNow, type WritePlan } from './write-plan.ts';

const BLOCK = 1024;
const f = superblockLayout;

/** An image that has these blocks, and the superblock. */
function content(image: TinyFilesystem, blocks: readonly number[] = [100, 101], over: Partial<ImageContent> = {}) {
  const source = memorySource(image.bytes);
  const fs = openFilesystem(source);
  const segments = blocks.map(
    (block): Segment => ({ offset: block * BLOCK, length: BLOCK, source, from: block * BLOCK }),
  );
  const made: ImageContent = {
    format: 'raw',
    fs,
    superblock: fs.superblockBytes,
    segments,
    kinds: new Map(),
    unread: [],
    problems: [],
    hasJournal: true,
    ...over,
  };
  return made;
}

const filled = (tiny: TinyFilesystem, block: number, byte: number): void =>
  void tiny.bytes.fill(byte, block * BLOCK, (block + 1) * BLOCK);

/** An image and its device, the same until the test changes one. */
const pair = () => ({ image: new TinyFilesystem(), device: new TinyFilesystem() });

const plan = (image: TinyFilesystem, device: TinyFilesystem, isJournalDropped = false) =>
  planWrites(content(image), device, { isJournalDropped });

const read = ({ wanted }: WritePlan, block: number): Uint8Array => {
  const bytes = new Uint8Array(BLOCK);
  wanted.readAt(bytes, block * BLOCK);
  return bytes;
};

describe('what will be written', () => {
  test('nothing when the device is what the image has', async () => {
    const { image, device } = pair();
    const made = await plan(image, device);
    expect(made).toMatchObject({
      blockSize: 1024,
      size: 513 * BLOCK,
      ranges: [{ offset: 100 * BLOCK, length: 2 * BLOCK }],
      runs: [],
      unreadable: [],
      notes: [],
      obstacles: [],
      refusals: [],
      isJournalRefusal: false,
      superblock: { differs: false },
    });
    expect(allRuns(made)).toEqual([]);
  });

  test('the differing blocks of the image, from the first to the last one, and no neighbour', async () => {
    const { image, device } = pair();
    for (const block of [99, 101, 102]) filled(device, block, 7);
    expect((await plan(image, device)).runs).toEqual([{ start: 101, count: 1 }]);
    filled(device, 100, 7);
    expect((await plan(image, device)).runs).toEqual([{ start: 100, count: 2 }]);
  });

  test('the device as it will be is the image where that has blocks, and the device elsewhere', async () => {
    const { image, device } = pair();
    for (const block of [99, 100, 101, 102]) filled(device, block, 7);
    filled(image, 100, 1);
    filled(image, 101, 2);
    f.s_mtime.set(device.view, BLOCK, 5);
    const made = await plan(image, device);
    expect([99, 100, 101, 102].map((block) => read(made, block)[0])).toEqual([7, 1, 2, 7]);
    expect(read(made, 1)).toEqual(image.bytes.slice(BLOCK, 2 * BLOCK));
  });

  test('the superblock is compared apart, to its last byte', async () => {
    const { image, device } = pair();
    device.bytes[2047] = 1;
    const made = await plan(image, device);
    expect(made.runs).toEqual([]);
    expect(made.superblock).toEqual({
      wanted: image.bytes.slice(BLOCK, 2 * BLOCK),
      now: device.bytes.slice(BLOCK, 2 * BLOCK),
      differs: true,
    });
    expect(allRuns(made)).toEqual([{ start: 1, count: 1 }]);
  });

  test('the block of the superblock joins the runs after it', async () => {
    const { image, device } = pair();
    filled(device, 2, 7);
    f.s_mtime.set(device.view, BLOCK, 5);
    const made = await planWrites(content(image, [2]), device, { isJournalDropped: false });
    expect(made.runs).toEqual([{ start: 2, count: 1 }]);
    expect(allRuns(made)).toEqual([{ start: 1, count: 2 }]);
  });

  test('blocks that cannot be read are among those to overwrite, the superblock as zeros', async () => {
    const { image, device } = pair();
    device.unreadable.add(1).add(101);
    const made = await plan(image, device);
    expect(made.unreadable).toEqual([
      { start: 1, count: 1 },
      { start: 101, count: 1 },
    ]);
    expect(made.runs).toEqual([{ start: 101, count: 1 }]);
    expect(made.superblock).toMatchObject({ now: new Uint8Array(1024), differs: true });
    expect(allRuns(made)).toEqual([
      { start: 1, count: 1 },
      { start: 101, count: 1 },
    ]);
  });
});

test('an unreadable superblock is reported once, and is zeros; a readable one is not', () => {
  const { device } = pair();
  let bad = 0;
  expect(readSuperblockNow(device, () => bad++)).toEqual(device.bytes.slice(BLOCK, 2 * BLOCK));
  expect(bad).toBe(0);
  device.unreadable.add(1);
  expect(readSuperblockNow(device, () => bad++)).toEqual(new Uint8Array(1024));
  expect(bad).toBe(1);
});

describe('the notes', () => {
  test.each([
    [999, []],
    [1000, []],
    [
      1001,
      [
        'the file system on the device was written at 1970-01-01 00:16:41 UTC, after the state in the image ' +
          '(1970-01-01 00:16:40 UTC): files made since will be lost, and files changed or removed since may come back ' +
          'with wrong contents',
      ],
    ],
  ])('of a device written at %i, when the image is of second 1000', async (time, notes) => {
    const { image, device } = pair();
    f.s_wtime.set(image.view, BLOCK, 1000);
    f.s_wtime.set(device.view, BLOCK, time);
    expect((await plan(image, device)).notes).toEqual(notes);
  });

  test('have wrong checksums of the image: its superblock, and its group descriptors by number', async () => {
    const { image, device } = pair();
    f.s_feature_ro_compat.set(image.view, BLOCK, 0x401);
    expect((await plan(image, device)).notes).toEqual([
      'the superblock in the image has a wrong checksum',
      '2 of 2 group descriptors in the image have wrong checksums',
    ]);
  });
});

describe('the refusals', () => {
  test('a scrambled image', async () => {
    const { image, device } = pair();
    f.s_last_mounted.get(image.view, BLOCK).set(new TextEncoder().encode(SCRAMBLED_MARK));
    expect(await plan(image, device)).toMatchObject({
      refusals: ['the image is scrambled: the names of files would be lost'],
      obstacles: [],
      isJournalRefusal: false,
    });
  });

  test('another file system on the device', async () => {
    const { image, device } = pair();
    f.s_uuid.get(device.view, BLOCK).fill(2);
    const { refusals, isJournalRefusal } = await plan(image, device);
    expect(refusals).toEqual([expect.stringContaining('the superblock of the device has UUID 02020202')]);
    expect(isJournalRefusal).toBe(false);
  });

  test('a device in use is an obstacle, that no option overrides', async () => {
    const { image, device } = pair();
    for (const tiny of [image, device]) tiny.mmp(60, { sequence: 0x11 });
    const { obstacles, refusals } = await plan(image, device);
    expect(obstacles).toEqual([expect.stringContaining('(sequence 0x11;')]);
    expect(refusals).toEqual([]);
  });
});

/** Block of the journal. */
const JOURNAL = 60;

/** Give a file system a journal; `start` is not 0 when it must be replayed. */
function addJournal(tiny: TinyFilesystem, start: number, sequence = 1): void {
  f.s_feature_compat.set(tiny.view, BLOCK, 4);
  tiny.mapped(8, 'regular', { 0: JOURNAL });
  const at = JOURNAL * BLOCK;
  for (const [offset, value] of [
    [0x0, 0xc03b3998],
    [0x4, 4],
    [0xc, 1024],
    [0x10, 1024],
    [0x14, 1],
    [0x18, sequence],
    [0x1c, start],
  ] as const) {
    tiny.view.setUint32(at + offset, value);
  }
}

const needsRecovery = (tiny: TinyFilesystem): void => f.s_feature_incompat.set(tiny.view, BLOCK, 0x46);

/** What a raw image of a file system with a journal contains: its inode table too. */
const withJournal = (image: TinyFilesystem) => content(image, [7, JOURNAL, 100]);

describe('a journal that was not replayed', () => {
  const scene = () => {
    const { image, device } = pair();
    addJournal(image, 5);
    needsRecovery(image);
    addJournal(device, 0);
    return { image, device };
  };

  test('in the image is a refusal, of the kind that --drop-journal removes', async () => {
    const { image, device } = scene();
    const made = await planWrites(withJournal(image), device, { isJournalDropped: false });
    expect(made.refusals).toEqual([expect.stringContaining('whose journal had not been replayed')]);
    expect(made.isJournalRefusal).toBe(true);
    expect(read(made, JOURNAL)).toEqual(image.bytes.slice(JOURNAL * BLOCK, (JOURNAL + 1) * BLOCK));
  });

  test('is emptied and no longer needed when it is dropped', async () => {
    const { image, device } = scene();
    const made = await planWrites(withJournal(image), device, { isJournalDropped: true });
    expect(made).toMatchObject({ refusals: [], isJournalRefusal: false });
    expect(made.notes).toEqual(['the journal is dropped: changes that were not replayed are lost']);
    const journal = read(made, JOURNAL);
    const view = new DataView(journal.buffer);
    // Start 0, and a sequence number that no old transaction has.
    expect([view.getUint32(0x1c), view.getUint32(0x18)]).toEqual([0, 1 + 1024]);
    const superblock = new DataView(made.superblock.wanted.slice().buffer);
    expect(f.s_feature_incompat.get(superblock, 0)).toBe(0x42);
    expect(made.runs).toContainEqual({ start: JOURNAL, count: 1 });
  });

  test('does not matter when nothing would be written', async () => {
    const { image } = scene();
    const made = await planWrites(withJournal(image), image, { isJournalDropped: false });
    expect(made).toMatchObject({ runs: [], refusals: [], isJournalRefusal: false });
  });

  test('matters when only the superblock would be written, or only one block', async () => {
    const only = async (block: number) => {
      const { image } = scene();
      const device = new TinyFilesystem();
      device.bytes.set(image.bytes);
      device.bytes[block * BLOCK + 1023] = 9;
      return planWrites(withJournal(image), device, { isJournalDropped: false });
    };
    expect(await only(1)).toMatchObject({ runs: [], isJournalRefusal: true });
    expect(await only(100)).toMatchObject({ superblock: { differs: false }, isJournalRefusal: true });
  });
});

test('a clean journal is not dropped when that is asked for', async () => {
  const { image, device } = pair();
  for (const tiny of [image, device]) addJournal(tiny, 0);
  filled(device, 100, 7);
  const made = await planWrites(withJournal(image), device, { isJournalDropped: true });
  expect(made).toMatchObject({ runs: [{ start: 100, count: 1 }], notes: [], superblock: { differs: false } });
});

test('a journal that neither the image nor the device has is noted, with its block', async () => {
  const { image, device } = pair();
  addJournal(image, 0);
  addJournal(device, 0);
  filled(device, JOURNAL, 0);
  const made = await planWrites(content(image, [7]), device, { isJournalDropped: false });
  expect(made.notes).toEqual(['there is no journal at block 60, where the image has it; e2fsck will make a new one']);
});

test('a device without a file system is planned for as a whole', async () => {
  const { image, device } = pair();
  addJournal(image, 0);
  device.bytes.fill(0);
  const made = await planWrites(withJournal(image), device, { isJournalDropped: false });
  expect(allRuns(made).map(({ start }) => start)).toEqual([1, 7, 60]);
  expect(made).toMatchObject({ refusals: [], obstacles: [], notes: [] });
});

test('a device that is shorter than the file system gets what it lacks', async () => {
  const { image, device } = pair();
  addJournal(image, 0);
  filled(image, 100, 0);
  const short = memorySource(device.bytes.slice(0, 100 * BLOCK));
  const made = await planWrites(withJournal(image), short, { isJournalDropped: false });
  expect(made.runs).toContainEqual({ start: 100, count: 1 });
  expect(made).toMatchObject({ size: 513 * BLOCK, refusals: [] });
});

test('an empty file gets the whole file system, its journal without a note', async () => {
  const { image } = pair();
  addJournal(image, 0);
  const made = await planWrites(withJournal(image), memorySource(new Uint8Array(0)), { isJournalDropped: false });
  expect(allRuns(made).map(({ start }) => start)).toEqual([1, 7, 60, 100]);
  expect(made).toMatchObject({ size: 513 * BLOCK, refusals: [], notes: [] });
});

test('a damaged MMP block of the device is a refusal, not an obstacle', async () => {
  const { image, device } = pair();
  for (const tiny of [image, device]) tiny.mmp(60, { sequence: 0, magic: 1 });
  expect(await plan(image, device)).toMatchObject({
    obstacles: [],
    refusals: [expect.stringContaining('MMP block 60 of the device is damaged')],
  });
});

describe('a journal on the device that was not replayed', () => {
  const DIRTY = expect.stringContaining('the journal on the device holds changes');

  test.each(['with', 'without'])('is a refusal %s a superblock of the device', async (superblock) => {
    const { image, device } = pair();
    addJournal(image, 0);
    addJournal(device, 5);
    if (superblock === 'without') filled(device, 1, 0);
    const made = await planWrites(withJournal(image), device, { isJournalDropped: false });
    expect(made).toMatchObject({ refusals: [DIRTY], isJournalRefusal: true });
  });

  test('is a refusal when it is elsewhere than that of the image', async () => {
    const { image, device } = pair();
    addJournal(image, 0);
    addJournal(device, 5);
    device.bytes.copyWithin(70 * BLOCK, JOURNAL * BLOCK, (JOURNAL + 1) * BLOCK);
    filled(device, JOURNAL, 0);
    device.mapped(8, 'regular', { 0: 70 });
    const made = await planWrites(withJournal(image), device, { isJournalDropped: false });
    expect(made).toMatchObject({ refusals: [DIRTY], isJournalRefusal: true });
  });
});

test.each([
  [true, []],
  [false, [expect.stringContaining('the journal on the device begins at block 70, that of the image at block 60')]],
])('a clean journal elsewhere on the device, when the image has its own: %s', async (hasJournal, refusals) => {
  const { image, device } = pair();
  addJournal(image, 0);
  addJournal(device, 0);
  device.bytes.copyWithin(70 * BLOCK, JOURNAL * BLOCK, (JOURNAL + 1) * BLOCK);
  device.mapped(8, 'regular', { 0: 70 });
  const made = await planWrites(content(image, [7], { hasJournal }), device, { isJournalDropped: false });
  expect(made.refusals).toEqual(refusals);
});
