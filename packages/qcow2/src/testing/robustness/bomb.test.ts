import { checkQcow2 } from '../../check/check.ts';
import { viewOf } from '../../format/field.ts';
import { headerLayout as f } from '../../format/header.ts';
import { COPIED_HI, setEntry } from '../../format/table-entry.ts';
import { openQcow2 } from '../../read/reader.ts';
import { readStreamed } from '../../stream-read/stream-reader.ts';
import { encodeFreshHeader } from '../../write/fresh-header.ts';
import { countingSource } from '../counting-source.fixture.ts';
import { arraySource, buildImage, type FixtureCluster } from '../image.fixture.ts';
import { streamOf } from '../memory-output.test.kit.ts';
import { setU64 } from '../set-u64.fixture.ts';

const L1_ENTRIES = 4_194_304;

/** The largest L1 table, all of whose entries name one L2 table: a file of 33 MiB that describes petabytes. */
function bomb(clusterBits: number, cluster: FixtureCluster): Uint8Array {
  const { bytes, at } = buildImage({ clusterBits, clusters: [cluster] });
  const l1 = bytes.length;
  const whole = new Uint8Array(l1 + L1_ENTRIES * 8);
  whole.set(bytes);
  const view = viewOf(whole);
  f.l1_table_offset.set(view, 0, l1);
  f.l1_size.set(view, 0, L1_ENTRIES);
  setU64(view, 24, Math.min(L1_ENTRIES * (2 ** clusterBits / 8) * 2 ** clusterBits, 2 ** 53 - 512));
  setEntry(view, l1, at.l2, COPIED_HI);
  for (let done = 8; done < L1_ENTRIES * 8; done *= 2) whole.copyWithin(l1 + done, l1, l1 + done);
  return whole;
}

/** 65 536 snapshots, the most there may be, with names of `nameLength` bytes. */
function snapshots(nameLength: number): Uint8Array {
  const count = 65_536;
  const { bytes } = buildImage({ clusters: [undefined] });
  const entry = Math.ceil((56 + nameLength) / 8) * 8;
  const whole = new Uint8Array(bytes.length + count * entry);
  whole.set(bytes);
  const view = viewOf(whole);
  f.nb_snapshots.set(view, 0, count);
  f.snapshots_offset.set(view, 0, bytes.length);
  for (let index = 0; index < count; index++) {
    view.setUint16(bytes.length + index * entry + 14, nameLength);
    view.setUint32(bytes.length + index * entry + 36, 16);
  }
  return whole;
}

/** The largest refcount table of 64 KiB clusters, whose entries all name one block, before an empty L1 table. */
function refcountBomb(): Uint8Array {
  const clusterSize = 65_536;
  const tableClusters = 128;
  const block = (1 + tableClusters) * clusterSize;
  const l1Offset = block + clusterSize;
  const whole = new Uint8Array(l1Offset + clusterSize);
  const fresh = { version: 2, clusterBits: 16, virtualSize: clusterSize } as const;
  const places = { l1Entries: 1, l1Offset, refcountTableOffset: clusterSize, refcountTableClusters: tableClusters };
  whole.set(encodeFreshHeader(fresh, places));
  for (let at = clusterSize; at < block; at += 8) setU64(viewOf(whole), at, block);
  return whole;
}

/** L1 entries that one read of 16 KiB, a piece of the table, brings. */
const PIECE_ENTRIES = 2048;

describe('an L1 table of 4 million entries that all name one L2 table', () => {
  test.each([9, 16, 18])(
    'is one extent, found in one step per piece of the L1 table, where that table is empty: clusters of 2^%d bytes',
    (clusterBits) => {
      const source = countingSource(arraySource(bomb(clusterBits, undefined)));
      const image = openQcow2(source);
      expect([...image.extents()]).toHaveLength(1);
      // One read for each piece; the L2 table, the header and the tables' ends are few more.
      expect(source.reads).toBeLessThan(L1_ENTRIES / PIECE_ENTRIES + 100);
      let steps = 0;
      for (let at = 0; at < image.size; steps++) at += image.runAt(at).length;
      expect(steps).toBeLessThan(L1_ENTRIES / PIECE_ENTRIES + 100);
    },
  );

  test('yields its first extents after few reads where the table has data', () => {
    const source = countingSource(arraySource(bomb(16, { kind: 'data', fill: 1 })));
    const first: number[] = [];
    for (const { length } of openQcow2(source).extents()) if (first.push(length) === 1000) break;
    expect(first.slice(0, 2)).toEqual([65_536, 8191 * 65_536]);
    expect(source.reads).toBeLessThan(20);
  });

  test('is checked by reading the L2 table once', () => {
    const source = countingSource(arraySource(bomb(16, { kind: 'data', fill: 1 })));
    expect(checkQcow2(source).corruptions).toBeGreaterThan(0);
    expect(source.reads).toBeLessThan(20);
    expect(source.bytes).toBeLessThan(L1_ENTRIES * 8 + 20 * 65_536);
  });

  test('is refused by a caller with a limit', () => {
    expect(() => openQcow2(arraySource(bomb(16, undefined)), { maxVirtualSize: 2 ** 40 })).toThrow(
      expect.objectContaining({ code: 'QCOW2_TOO_LARGE', detail: expect.objectContaining({ limit: 2 ** 40 }) }),
    );
  });
});

test('a refcount table that names one block a million times can be read from a pipe', async () => {
  // That the block is decoded once is tested beside stream-refcounts.ts.
  const report = await readStreamed(streamOf(refcountBomb(), 1 << 16), { onData: () => {} });
  expect(report).toMatchObject({ dataBytes: 0, heldBytes: 0 });
});

describe('65 536 snapshots', () => {
  test('are listed by reading their table once', () => {
    const whole = snapshots(100);
    const source = countingSource(arraySource(whole));
    expect(openQcow2(source).snapshots()).toHaveLength(65_536);
    // Windows of 128 KiB, each of which begins with the entry that did not fit the previous one.
    expect(source.bytes).toBeLessThan(whole.length * 1.1);
  });

  test('are refused where their names make the table too long, after the longest table allowed was read', () => {
    const source = countingSource(arraySource(snapshots(2000)));
    expect(() => openQcow2(source).snapshots()).toThrow(expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }));
    expect(source.bytes).toBeLessThan(70 * 2 ** 20);
  });
});
