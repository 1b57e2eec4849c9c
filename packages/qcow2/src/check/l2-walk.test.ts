import { runSync, type Steps } from '../base/steps.ts';
import { viewOf } from '../format/field.ts';
import { COMPRESSED_HI, COPIED_HI, setCompressedEntry, setEntry, ZERO_LO } from '../format/table-entry.ts';
import { readInfo } from '../read/layer.ts';
import { arraySource, buildImage, type FixtureOptions } from '../testing/image.fixture.ts';
import { type CheckFinding, findingSink } from './findings.ts';
import { walkL2 } from './l2-walk.ts';
import type { StoredRefcounts } from './stored-refcounts.ts';

const CLUSTER = 512;
/** Guest byte of the first entry of the table. */
const GUEST = 64 * CLUSTER;

interface WalkOptions {
  readonly image?: FixtureOptions;
  /** `undefined` is a table of a snapshot. */
  readonly guestOffset?: number | undefined;
  readonly times?: number;
  /** Refcounts by cluster; the others are 1. Undefined: COPIED bits are not compared. */
  readonly refcounts?: Readonly<Record<number, number>> | undefined;
  /** Host byte after the last cluster of the table before. */
  readonly next?: number;
  /** Refcounts that are at hand without a read. */
  readonly isPeeked?: boolean;
}

/** Walk over one table, which `fill` writes into. */
function walk(fill: (view: DataView) => void, options: WalkOptions = {}) {
  const { image = {}, times = 1, refcounts, isPeeked = false } = options;
  const info = runSync(readInfo(arraySource(buildImage(image).bytes)));
  const bytes = new Uint8Array(info.clusterSize);
  fill(viewOf(bytes));
  const findings: CheckFinding[] = [];
  const references: [number, number, number, string][] = [];
  const figures = { allocated: 0, fragmented: 0, compressed: 0, next: options.next ?? 0 };
  const sink = findingSink((finding) => findings.push(finding));
  const reference = (...args: [number, number, number, string]): void => void references.push(args);
  const stored = refcounts && storedOf(refcounts, isPeeked);
  const guestOffset = 'guestOffset' in options ? options.guestOffset : GUEST;
  runSync(walkL2({ info, sink, reference, stored, figures }, { bytes, times, guestOffset }));
  return { findings, references, figures };
}

function storedOf(refcounts: Readonly<Record<number, number>>, isPeeked: boolean): StoredRefcounts {
  const count = (cluster: number): number => refcounts[cluster] ?? 1;
  return {
    perBlock: 256,
    tableEntries: 64,
    blockOffset: () => 0,
    hasReservedBits: () => false,
    *block(): Steps<undefined> {
      yield () => undefined;
      return undefined;
    },
    *of(cluster): Steps<number> {
      yield () => undefined;
      return count(cluster);
    },
    peek: (cluster) => (isPeeked ? count(cluster) : undefined),
  };
}

const whats = (findings: readonly CheckFinding[]) => findings.map(({ what }) => what);

describe('references', () => {
  test('the first and the last entry of a table are counted, as often as the table is named', () => {
    const { references, findings } = walk(
      (view) => {
        setEntry(view, 0, 10 * CLUSTER, COPIED_HI);
        setEntry(view, CLUSTER - 8, 11 * CLUSTER, COPIED_HI);
      },
      { times: 3 },
    );
    expect(references).toEqual([
      [10 * CLUSTER, CLUSTER, 3, 'guest data'],
      [11 * CLUSTER, CLUSTER, 3, 'guest data'],
    ]);
    expect(findings).toEqual([]);
  });

  test('entries without a host cluster refer to nothing: none, and zeros without space', () => {
    const { references, findings, figures } = walk((view) => setEntry(view, 8, 0, 0, ZERO_LO));
    expect({ references, findings, figures }).toEqual({
      references: [],
      findings: [],
      figures: { allocated: 0, fragmented: 0, compressed: 0, next: 0 },
    });
  });

  test('zeros with space of their own are a reference', () => {
    const { references } = walk((view) => setEntry(view, 0, 10 * CLUSTER, COPIED_HI, ZERO_LO));
    expect(references).toEqual([[10 * CLUSTER, CLUSTER, 1, 'guest data']]);
  });

  test('an offset above 4 GiB is whole', () => {
    const { references } = walk((view) => setEntry(view, 0, 2 ** 40 + CLUSTER, COPIED_HI));
    expect(references).toEqual([[2 ** 40 + CLUSTER, CLUSTER, 1, 'guest data']]);
  });

  test.each([
    // The first byte of a sector, and its last one.
    [10 * CLUSTER, 100, 10 * CLUSTER, 512],
    [10 * CLUSTER + 511, 1, 10 * CLUSTER, 512],
    [10 * CLUSTER + 511, 2, 10 * CLUSTER, 1024],
  ])('a compressed cluster at byte %i of %i bytes refers to whole sectors', (offset, length, from, bytes) => {
    const { references, figures } = walk((view) => setCompressedEntry(view, 0, { offset, length, clusterBits: 9 }), {
      times: 2,
    });
    expect(references).toEqual([[from, bytes, 2, 'compressed cluster']]);
    expect(figures).toMatchObject({ allocated: 1, compressed: 1, fragmented: 1 });
  });
});

describe('figures', () => {
  test('a cluster that does not follow the one before is fragmented; the first of the table is not', () => {
    const { figures } = walk((view) => {
      setEntry(view, 0, 20 * CLUSTER, COPIED_HI);
      setEntry(view, 8, 21 * CLUSTER, COPIED_HI);
      setEntry(view, 24, 22 * CLUSTER, COPIED_HI);
      setEntry(view, 32, 24 * CLUSTER, COPIED_HI);
      setEntry(view, 40, 23 * CLUSTER, COPIED_HI);
    });
    expect(figures).toEqual({ allocated: 5, fragmented: 2, compressed: 0, next: 24 * CLUSTER });
  });

  test('what the table before ended with does not matter', () => {
    const { figures } = walk((view) => setEntry(view, 0, 20 * CLUSTER, COPIED_HI), { next: 7 * CLUSTER });
    expect(figures.fragmented).toBe(0);
  });

  test('entries of a snapshot are references, and not in the figures', () => {
    const { references, figures } = walk(
      (view) => {
        setEntry(view, 0, 20 * CLUSTER);
        setCompressedEntry(view, 8, { offset: 30 * CLUSTER, length: 1, clusterBits: 9 });
      },
      { guestOffset: undefined },
    );
    expect(references).toHaveLength(2);
    expect(figures).toEqual({ allocated: 0, fragmented: 0, compressed: 0, next: 0 });
  });
});

describe('the COPIED bit', () => {
  const entries = (view: DataView) => {
    setEntry(view, 0, 10 * CLUSTER, COPIED_HI);
    setEntry(view, 8, 11 * CLUSTER);
  };

  test.each([true, false])('is set where the refcount is 1, and nowhere else; refcounts at hand: %s', (isPeeked) => {
    expect(walk(entries, { refcounts: { 11: 2 }, isPeeked }).findings).toEqual([]);
    expect(walk(entries, { refcounts: { 11: 0 }, isPeeked }).findings).toEqual([]);
    const { findings } = walk(entries, { refcounts: { 10: 2, 11: 1 }, isPeeked });
    expect(findings).toMatchObject([
      { kind: 'corruption', what: 'copied-flag', hostOffset: 10 * CLUSTER, guestOffset: GUEST, found: 2 },
      { kind: 'corruption', what: 'copied-flag', hostOffset: 11 * CLUSTER, guestOffset: GUEST + CLUSTER, found: 1 },
    ]);
    expect(findings[0]?.message).toBe(
      `COPIED bit of the cluster at byte 5120 (guest byte ${GUEST}) disagrees with its refcount 2`,
    );
  });

  test('is not compared without refcounts, nor in a snapshot', () => {
    expect(walk(entries).findings).toEqual([]);
    expect(walk(entries, { refcounts: { 10: 2 }, guestOffset: undefined }).findings).toEqual([]);
  });

  test('is never set in a compressed entry, which is counted all the same', () => {
    const { findings, references } = walk((view) => {
      setCompressedEntry(view, 0, { offset: 10 * CLUSTER, length: 1, clusterBits: 9 });
      view.setUint32(0, (view.getUint32(0) | COPIED_HI) >>> 0);
    });
    expect(findings).toMatchObject([{ what: 'copied-flag', hostOffset: 10 * CLUSTER, guestOffset: GUEST }]);
    expect(references).toHaveLength(1);
  });
});

describe('damaged entries', () => {
  test.each([
    // The lowest and the highest reserved bit of each half.
    [0, 0x2],
    [0, 0x100],
    [0x0100_0000, 0],
    [0x2000_0000, 0],
  ])('reserved bits %i and %i are reported, and the cluster counts', (hi, lo) => {
    const { findings, references } = walk((view) => setEntry(view, 8, 10 * CLUSTER, COPIED_HI | hi, lo));
    expect(findings).toMatchObject([
      { kind: 'corruption', what: 'reserved-bits', hostOffset: 10 * CLUSTER, guestOffset: GUEST + CLUSTER },
    ]);
    expect(findings[0]?.message).toBe(`L2 entry of guest byte ${GUEST + CLUSTER} has reserved bits set`);
    expect(references).toHaveLength(1);
  });

  test('reserved bits without an offset are reported, and refer to nothing', () => {
    const { findings, references } = walk((view) => setEntry(view, 0, 0, 0, 0x2));
    expect(whats(findings)).toEqual(['reserved-bits']);
    expect(references).toEqual([]);
  });

  test('a cluster that is not aligned is reported, and does not count', () => {
    const image = { clusterBits: 10 };
    const at = (offset: number) => walk((view) => setEntry(view, 0, offset, COPIED_HI), { image });
    expect(at(5 * 1024)).toMatchObject({ findings: [], references: [[5 * 1024, 1024, 1, 'guest data']] });
    const { findings, references, figures } = at(5 * 1024 + 512);
    expect(findings).toMatchObject([{ what: 'unaligned', hostOffset: 5 * 1024 + 512, guestOffset: GUEST }]);
    expect(references).toEqual([]);
    expect(figures.allocated).toBe(0);
  });

  test('an entry of a snapshot is reported without a guest byte', () => {
    const { findings } = walk((view) => setEntry(view, 0, 10 * CLUSTER, 0, 0x2), { guestOffset: undefined });
    expect(findings).toHaveLength(1);
    expect(findings[0]).not.toHaveProperty('guestOffset');
    expect(findings[0]?.message).toBe('L2 entry of guest byte (snapshot) has reserved bits set');
  });

  test('a compressed cluster above 2^56 is reported, and does not count', () => {
    const { findings, references, figures } = walk((view) => {
      view.setUint32(0, COMPRESSED_HI | 0x0100_0000);
      view.setUint32(8, COMPRESSED_HI | 0x00ff_ffff);
    });
    expect(whats(findings)).toEqual(['reserved-bits']);
    expect(references).toHaveLength(1);
    expect(figures.compressed).toBe(1);
  });
});

describe('with a data file', () => {
  const image = { dataFile: { name: 'data' } };

  test('its clusters are in the figures, those at byte 0 too, and are not references', () => {
    const { references, figures, findings } = walk(
      (view) => {
        setEntry(view, 0, 0, COPIED_HI);
        setEntry(view, 8, CLUSTER, COPIED_HI);
        // Not COPIED: unallocated.
        setEntry(view, 16, 0, 0, ZERO_LO);
      },
      { image, refcounts: { 0: 5, 1: 5 } },
    );
    expect(references).toEqual([]);
    expect(figures.allocated).toBe(2);
    expect(findings).toEqual([]);
  });

  test('a compressed cluster is a corruption, and does not count', () => {
    const { references, findings } = walk(
      (view) => setCompressedEntry(view, 0, { offset: 10 * CLUSTER, length: 1, clusterBits: 9 }),
      { image },
    );
    expect(findings).toMatchObject([{ what: 'data-file', message: 'compressed cluster beside a data file' }]);
    expect(references).toEqual([]);
  });
});

describe('extended entries', () => {
  const EXTENDED = 2 ** 14;
  const image = { extendedL2: true, clusterBits: 14 };

  /** The second entry of a table, of 16 bytes. */
  const entry = (offset: number, flagsLo: number, allocated: number, zeros: number, more: FixtureOptions = {}) =>
    walk(
      (view) => {
        setEntry(view, 16, offset, COPIED_HI, flagsLo);
        view.setUint32(16 + 8, zeros);
        view.setUint32(16 + 12, allocated);
      },
      { image: { ...image, ...more } },
    );

  test('subclusters that are either allocated or zero are sound', () => {
    const { findings, references } = entry(10 * EXTENDED, 0, 0x0000_ffff, 0xffff_0000);
    expect(findings).toEqual([]);
    expect(references).toEqual([[10 * EXTENDED, EXTENDED, 1, 'guest data']]);
  });

  test.each([1, 0x8000_0000])('a subcluster (bit %i) that is both is a corruption, and the cluster counts', (bit) => {
    const { findings, references } = entry(10 * EXTENDED, 0, bit, bit);
    expect(findings).toMatchObject([{ what: 'subclusters', guestOffset: GUEST + EXTENDED }]);
    expect(findings[0]?.message).toMatch(/ has subclusters that are both allocated and zero$/);
    expect(references).toHaveLength(1);
  });

  test('the bit for a cluster of zeros is reserved', () => {
    expect(whats(entry(10 * EXTENDED, ZERO_LO, 0, 0).findings)).toEqual(['reserved-bits']);
  });

  test('allocated subclusters need a host cluster, but in a data file byte 0 is one', () => {
    const { findings, references } = entry(0, 0, 1, 0);
    expect(findings).toMatchObject([{ what: 'subclusters', hostOffset: 0 }]);
    expect(findings[0]?.message).toMatch(/ has allocated subclusters without a host offset$/);
    expect(references).toEqual([]);
    expect(entry(0, 0, 1, 0, { dataFile: { name: 'data' } }).findings).toEqual([]);
    expect(entry(0, 0, 0, 1).findings).toEqual([]);
  });

  test('the last entry of a table is walked', () => {
    const { references } = walk((view) => setEntry(view, EXTENDED - 16, 10 * EXTENDED, COPIED_HI), { image });
    expect(references).toHaveLength(1);
  });
});
