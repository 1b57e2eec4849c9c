import { runSync } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import { EXTENSION } from '../format/header-extension.ts';
import { COPIED_HI, setEntry } from '../format/table-entry.ts';
import { readBitmaps } from '../read/bitmaps.ts';
import { hostFile, readInfo } from '../read/layer.ts';
import { readSnapshots } from '../read/snapshots.ts';
import { arraySource, buildImage, type FixtureOptions } from '../testing/image.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import { type CheckFinding, findingSink } from './findings.ts';
import { type Walk, walkImage } from './image-walk.ts';
import { readL1Tables } from './l2-tables.ts';
import { readStoredRefcounts } from './stored-refcounts.ts';

const CLUSTER = 512;

interface WalkOptions {
  /** Bytes of the file; default: the whole image. */
  readonly size?: number;
  /** Whether the refcounts are known. */
  readonly isStored?: boolean;
  readonly change?: (walk: Walk) => Partial<Walk>;
}

/** Walk over an image; a source that ends at `size` throws for a read past it. */
function walk(bytes: Uint8Array, { size = bytes.length, isStored = true, change = () => ({}) }: WalkOptions = {}) {
  const whole = arraySource(bytes);
  const info = runSync(readInfo(whole));
  const file = hostFile(arraySource(bytes, size), 'image', {});
  const findings: CheckFinding[] = [];
  const references: string[] = [];
  const sink = findingSink((finding) => findings.push(finding));
  const wholeFile = hostFile(whole, 'image', {});
  const snapshotTable = runSync(readSnapshots(wholeFile, info));
  const stored = isStored ? runSync(readStoredRefcounts(wholeFile, info)) : undefined;
  const made: Walk = {
    info,
    sink,
    stored,
    file,
    snapshotTable,
    figures: { allocated: 0, fragmented: 0, compressed: 0, next: 0 },
    reference: (offset, length, times, what) => void references.push(`${what}: ${offset}+${length} x${times}`),
    tables: runSync(
      readL1Tables(
        wholeFile,
        info,
        snapshotTable.snapshots,
        findingSink(() => {}),
      ),
    ),
    directory: runSync(readBitmaps(wholeFile, info)),
  };
  runSync(walkImage({ ...made, ...change(made) }, stored));
  return { findings, references, figures: made.figures };
}

const DATA: FixtureOptions = { clusters: [{ kind: 'data', fill: 1 }] };

test('all that an image refers to is counted once', () => {
  const { bytes, at } = buildImage({ ...DATA, bitmap: 'b0' });
  expect(walk(bytes).references).toEqual([
    'header: 0+512 x1',
    `L1 table: ${at.l1}+8 x1`,
    `L2 table: ${at.l2}+512 x1`,
    `guest data: ${at.data[0]}+512 x1`,
    `bitmap directory: ${at.bitmapDirectory}+32 x1`,
    `table of bitmap "b0": ${at.bitmapTable}+8 x1`,
    `refcount table: ${at.refcountTable}+512 x1`,
    `refcount block 0: ${at.refcountBlock}+512 x1`,
  ]);
});

test('an image without snapshots, bitmaps and encryption refers to none of their tables', () => {
  const { bytes, at } = buildImage();
  expect(walk(bytes, { isStored: false }).references).toEqual([
    'header: 0+512 x1',
    `L1 table: ${at.l1}+8 x1`,
    `L2 table: ${at.l2}+512 x1`,
  ]);
});

test('all clusters of a refcount table are counted', () => {
  const { bytes, at } = buildImage(DATA);
  const change = ({ info }: Walk) => ({ info: { ...info, header: { ...info.header, refcountTableClusters: 3 } } });
  expect(walk(bytes, { change }).references).toContain(`refcount table: ${at.refcountTable}+1536 x1`);
});

test('without known refcounts their table is not counted', () => {
  const { bytes } = buildImage(DATA);
  expect(walk(bytes, { isStored: false }).references.some((text) => text.startsWith('refcount'))).toBe(false);
});

test('the whole refcount table is counted, and each block with its number; one that is not aligned is not', () => {
  const { bytes, at } = buildImage({ clusterBits: 10, ...DATA });
  setU64(viewOf(bytes), at.refcountTable + 8, 5 * 1024 + 512);
  // The last entry of the table.
  setU64(viewOf(bytes), at.refcountTable + 1024 - 8, 77 * 1024);
  expect(walk(bytes).references.slice(-3)).toEqual([
    `refcount table: ${at.refcountTable}+1024 x1`,
    `refcount block 0: ${at.refcountBlock}+1024 x1`,
    `refcount block 127: ${77 * 1024}+1024 x1`,
  ]);
});

test('the snapshot table is counted, and shared tables as often as they are named', () => {
  const { bytes, at } = buildImage({ ...DATA, snapshot: { id: '1', name: 'n' } });
  const { references, figures } = walk(bytes);
  expect(references).toContain(`L1 table: ${at.snapshotL1}+8 x1`);
  expect(references).toContain(`L2 table: ${at.l2}+512 x2`);
  expect(references).toContain(`guest data: ${at.data[0]}+512 x2`);
  expect(references.filter((text) => text.startsWith('snapshot table'))).toEqual([
    `snapshot table: ${at.snapshots}+64 x1`,
  ]);
  expect(figures.allocated).toBe(1);
});

test('the crypto header is counted at the bytes that its extension names', () => {
  const data = new Uint8Array(16);
  setU64(viewOf(data), 0, 2 ** 33);
  setU64(viewOf(data), 8, 4096);
  const { bytes } = buildImage({ ...DATA, extensions: [{ type: EXTENSION.cryptoHeader, data }], crypt: 2 });
  expect(walk(bytes).references).toContain(`crypto header: ${2 ** 33}+4096 x1`);
});

describe('L2 tables', () => {
  /** An image with four L2 entries, of which the test sets the L1 table. */
  const four = () => {
    const image = buildImage({ ...DATA, virtualSize: 4 * 64 * CLUSTER });
    return { ...image, view: viewOf(image.bytes) };
  };

  test('each table is walked once, at the first entry that names it, and counted as often as it is named', () => {
    const { bytes, at, view } = four();
    for (const index of [1, 2, 3]) setEntry(view, at.l1 + 8 * index, at.l2);
    setEntry(view, at.l1, 0);
    setEntry(view, at.l2, at.data[0] ?? 0);
    const { references, figures, findings } = walk(bytes);
    expect(references.filter((text) => text.startsWith('L2'))).toEqual([`L2 table: ${at.l2}+512 x3`]);
    expect(references).toContain(`guest data: ${at.data[0]}+512 x3`);
    expect(figures.allocated).toBe(1);
    // Entry 1 covers the disk from its 64th cluster on.
    expect(findings.map(({ what, guestOffset }) => [what, guestOffset])).toEqual([
      ['copied-flag', 64 * CLUSTER],
      ['copied-flag', undefined],
    ]);
  });

  test('a table that is named again after another one is not walked again', () => {
    const { bytes, at, view } = four();
    const other = at.data[0] ?? 0;
    setEntry(view, at.l1 + 8, other, COPIED_HI);
    setEntry(view, at.l1 + 16, at.l2, COPIED_HI);
    const { references } = walk(bytes, { isStored: false });
    expect(references.filter((text) => text.startsWith('L2'))).toEqual([
      `L2 table: ${at.l2}+512 x2`,
      `L2 table: ${other}+512 x1`,
    ]);
  });

  test('a table that only a snapshot names is walked without guest bytes', () => {
    const { bytes, at } = buildImage({ ...DATA, snapshot: { id: '1', name: 'n' } });
    setEntry(viewOf(bytes), at.l1, 0);
    const { references, figures } = walk(bytes);
    expect(references).toContain(`L2 table: ${at.l2}+512 x1`);
    expect(references).toContain(`guest data: ${at.data[0]}+512 x1`);
    expect(figures.allocated).toBe(0);
  });

  test('the COPIED bit of an L1 entry must be that of the refcount of its table', () => {
    const { bytes, at, view } = four();
    expect(walk(bytes).findings).toEqual([]);
    setEntry(view, at.l1, at.l2);
    expect(walk(bytes).findings).toEqual([
      {
        kind: 'corruption',
        what: 'copied-flag',
        message: `COPIED bit of L1 entry 0 disagrees with refcount 1 of the L2 table at byte ${at.l2}`,
        hostOffset: at.l2,
        found: 1,
      },
    ]);
    expect(walk(bytes, { isStored: false }).findings).toEqual([]);
  });

  test('the COPIED bit of an L1 entry must be clear when a snapshot shares the table', () => {
    const { bytes, at } = buildImage({ ...DATA, snapshot: { id: '1', name: 'n' } });
    expect(walk(bytes).findings).toEqual([]);
    setEntry(viewOf(bytes), at.l1, at.l2, COPIED_HI);
    expect(walk(bytes).findings).toMatchObject([{ what: 'copied-flag', hostOffset: at.l2, found: 2 }]);
  });

  test.each([
    // The file ends with the table, one byte earlier, with its first byte, and before it.
    [512, [], true],
    [511, ['beyond-end'], true],
    [1, ['beyond-end'], true],
    [0, [], false],
  ])('of a table of which the file has %i bytes, findings are %j', (present, expected, isWalked) => {
    const { bytes, at } = buildImage(DATA);
    const { findings, references } = walk(bytes, { size: at.l2 + present, isStored: false });
    expect(findings.map(({ what }) => what)).toEqual(expected);
    // The part that exists is walked all the same; a table outside the file is only counted.
    expect(references.some((text) => text.startsWith('guest data'))).toBe(isWalked && present >= 8);
    expect(references).toContain(`L2 table: ${at.l2}+512 x1`);
    if (expected.length > 0) {
      expect(findings[0]).toMatchObject({
        hostOffset: at.l2,
        message: `L2 table at byte ${at.l2} is cut off by the image's end at ${at.l2 + present}`,
      });
    }
  });
});

describe('bitmaps', () => {
  const scene = (tableEntries = 1) => {
    const { bytes, at } = buildImage({ ...DATA, bitmap: 'b0' });
    const longer = new Uint8Array(Math.max(bytes.length, at.bitmapTable + tableEntries * 8));
    longer.set(bytes);
    const change = ({ directory }: Walk): Partial<Walk> => ({
      directory: { ...directory, bitmaps: directory.bitmaps.map((bitmap) => ({ ...bitmap, tableEntries })) },
    });
    return { bytes: longer, at, view: viewOf(longer), change };
  };
  const clusters = (references: readonly string[]) => references.filter((text) => text.startsWith('bitmap "b0"'));

  test('the clusters that a table names are counted; flags without an offset are not', () => {
    const { bytes, at, view, change } = scene(3);
    setU64(view, at.bitmapTable, 2 ** 40);
    setU64(view, at.bitmapTable + 8, 1);
    setU64(view, at.bitmapTable + 16, CLUSTER);
    expect(clusters(walk(bytes, { change }).references)).toEqual([
      `bitmap "b0": ${2 ** 40}+512 x1`,
      `bitmap "b0": 512+512 x1`,
    ]);
  });

  test('a table that is read in pieces is counted to its last entry', () => {
    // Pieces have 64 KiB, which is 8192 entries.
    const { bytes, at, view, change } = scene(8194);
    for (const entry of [8191, 8192, 8193]) setU64(view, at.bitmapTable + entry * 8, entry * CLUSTER);
    const ours = clusters(walk(bytes, { change, isStored: false }).references).slice(-3);
    expect(ours).toEqual([8191, 8192, 8193].map((entry) => `bitmap "b0": ${entry * CLUSTER}+512 x1`));
  });

  test('a table that the end of the file cuts off is reported and not read', () => {
    const { bytes, at, view, change } = scene(2);
    setU64(view, at.bitmapTable, CLUSTER);
    expect(clusters(walk(bytes, { change, size: at.bitmapTable + 16 }).references)).toHaveLength(1);
    const { findings, references } = walk(bytes, { change, size: at.bitmapTable + 15 });
    expect(clusters(references)).toEqual([]);
    expect(references).toContain(`table of bitmap "b0": ${at.bitmapTable}+16 x1`);
    expect(findings).toMatchObject([{ what: 'beyond-end', hostOffset: at.bitmapTable }]);
  });

  test('a table whose last cluster is outside the file is left to the references', () => {
    // 65 entries have 520 bytes: the last one is in a second cluster.
    const { bytes, at, change } = scene(65);
    const cut = (size: number) => walk(bytes, { change, size }).findings.map(({ what }) => what);
    expect(cut(at.bitmapTable + 513)).toEqual(['beyond-end']);
    expect(cut(at.bitmapTable + 512)).toEqual([]);
  });

  test('tables that together do not fit the file overlap, and are not all walked', () => {
    const { bytes, at, view } = scene();
    setU64(view, at.bitmapTable, CLUSTER);
    const entries = 8;
    const bitmaps = (count: number) => (made: Walk) => ({
      directory: {
        ...made.directory,
        bitmaps: made.directory.bitmaps.flatMap((bitmap) =>
          Array.from({ length: count }, () => ({ ...bitmap, tableEntries: entries })),
        ),
      },
    });
    const fit = bytes.length / (entries * 8);
    expect(Number.isInteger(fit)).toBe(true);
    const all = walk(bytes, { change: bitmaps(fit) });
    expect(all.findings).toEqual([]);
    expect(clusters(all.references)).toHaveLength(fit);
    const more = walk(bytes, { change: bitmaps(fit + 2) });
    expect(more.findings).toEqual([
      {
        kind: 'corruption',
        what: 'overlap',
        message: 'table of bitmap "b0" overlaps others',
        hostOffset: at.bitmapTable,
      },
    ]);
    expect(clusters(more.references)).toHaveLength(fit);
  });
});
