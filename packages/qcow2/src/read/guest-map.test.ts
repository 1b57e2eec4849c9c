import { runSync } from '../base/steps.ts';
import { geometryOf } from '../format/geometry.ts';
import { countingSource } from '../testing/counting-source.fixture.ts';
import { arraySource } from '../testing/image.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import { guestMap, type MapRun, tableCache } from './guest-map.ts';

const CLUSTER = 512;
/** Guest bytes that one table of 64 entries covers. */
const COVERED = 64 * CLUSTER;

/** A file with an L1 table of `l1Entries` at byte 512 and L2 tables after it, filled by the caller. */
function mapOver(
  l1Entries: number,
  fill: (view: DataView, tableAt: (index: number) => number) => void,
  size = 2 ** 20,
) {
  const bytes = new Uint8Array(size);
  const l1At = CLUSTER;
  const tableAt = (index: number) => CLUSTER * (2 + Math.ceil((l1Entries * 8) / CLUSTER)) + index * CLUSTER;
  fill(new DataView(bytes.buffer), tableAt);
  const source = countingSource(arraySource(bytes));
  const map = guestMap({
    file: { source, name: 'image', truncated: 'error' },
    l1: { offset: l1At, entries: l1Entries },
    rules: {
      geometry: geometryOf({ clusterBits: 9, extendedL2: false }),
      version: 3,
      hasDataFile: false,
      reserved: 'error',
    },
    cache: tableCache(),
    cacheKey: 'test',
  });
  return { source, runAt: (offset: number): MapRun => runSync(map.runAt(offset)), peek: map.peek };
}

const DATA = 0x8_0000;

test('a run starts at the offset that was asked for, and ends with its kind', () => {
  const { runAt } = mapOver(1, (view, tableAt) => {
    setU64(view, CLUSTER, tableAt(0));
    for (let entry = 3; entry < 6; entry++) setU64(view, tableAt(0) + entry * 8, DATA + entry * CLUSTER);
  });
  expect(runAt(3 * CLUSTER)).toEqual({
    kind: 'data',
    offset: 3 * CLUSTER,
    length: 3 * CLUSTER,
    host: DATA + 3 * CLUSTER,
    span: 0,
    reason: '',
  });
  expect(runAt(4 * CLUSTER + 7)).toMatchObject({ length: 2 * CLUSTER - 7, host: DATA + 4 * CLUSTER + 7 });
  expect(runAt(CLUSTER)).toMatchObject({ kind: 'unallocated', length: 2 * CLUSTER, host: -1 });
  expect(runAt(6 * CLUSTER)).toMatchObject({ kind: 'unallocated', length: 58 * CLUSTER });
});

test('bytes past the L1 table are unallocated, without a read', () => {
  const { runAt, source } = mapOver(2, () => {});
  expect(runAt(2 * COVERED + 5)).toMatchObject({ kind: 'unallocated', offset: 2 * COVERED + 5, host: -1 });
  expect(source.reads).toBe(0);
  expect(runAt(2 * COVERED - 1)).toMatchObject({ kind: 'unallocated', length: 1 });
});

test('entries without a table are one run, to the end of the piece of the L1 table', () => {
  // 16 KiB of L1 entries are read at a time: 2048.
  const { runAt, source } = mapOver(5000, (view, tableAt) => {
    setU64(view, CLUSTER + 4000 * 8, tableAt(0));
    setU64(view, tableAt(0), DATA);
  });
  expect(runAt(0)).toMatchObject({ kind: 'unallocated', length: 2048 * COVERED });
  expect(runAt(100 * COVERED + 3)).toMatchObject({ length: 1948 * COVERED - 3 });
  expect(runAt(2048 * COVERED)).toMatchObject({ length: (4000 - 2048) * COVERED });
  expect(runAt(4000 * COVERED)).toMatchObject({ kind: 'data', length: CLUSTER, host: DATA });
  expect(runAt(4999 * COVERED)).toMatchObject({ length: COVERED });
  // Three pieces of the L1 table and one L2 table, each once.
  expect(source.reads).toBe(4);
  expect(source.bytes).toBe(5000 * 8 + CLUSTER);
});

test('tables that are empty are one run with entries that have none; zeros and data are not joined to them', () => {
  const { runAt } = mapOver(8, (view, tableAt) => {
    setU64(view, CLUSTER + 1 * 8, tableAt(0));
    setU64(view, CLUSTER + 3 * 8, tableAt(0));
    setU64(view, CLUSTER + 4 * 8, tableAt(1));
    for (let entry = 0; entry < 64; entry++) setU64(view, tableAt(1) + entry * 8, 1);
    setU64(view, CLUSTER + 5 * 8, tableAt(1));
    setU64(view, CLUSTER + 6 * 8, tableAt(2));
    setU64(view, tableAt(2) + 63 * 8, DATA);
  });
  // Not known to be empty before it was read once.
  expect(runAt(0)).toMatchObject({ kind: 'unallocated', length: COVERED });
  expect(runAt(COVERED)).toMatchObject({ kind: 'unallocated', length: 3 * COVERED });
  expect(runAt(0)).toMatchObject({ kind: 'unallocated', length: 4 * COVERED });
  expect(runAt(4 * COVERED)).toMatchObject({ kind: 'zero', length: 2 * COVERED });
  expect(runAt(6 * COVERED)).toMatchObject({ kind: 'unallocated', length: 63 * CLUSTER });
  expect(runAt(7 * COVERED - 1)).toMatchObject({ kind: 'data', length: 1, host: DATA + CLUSTER - 1 });
});

test('an L1 entry that is invalid is an invalid run of its table, and ends a run of empty ones', () => {
  const { runAt } = mapOver(4, (view, tableAt) => {
    setU64(view, CLUSTER + 2 * 8, tableAt(0) + 1);
  });
  expect(runAt(0)).toMatchObject({ kind: 'unallocated', length: 2 * COVERED });
  expect(runAt(2 * COVERED + 10)).toMatchObject({
    kind: 'invalid',
    length: COVERED - 10,
    host: -1,
    reason: 'reserved bits set in L1',
  });
});

test('peek knows what the piece used last maps, and nothing else', () => {
  const { runAt, peek, source } = mapOver(2, (view, tableAt) => {
    setU64(view, CLUSTER, tableAt(0));
    setU64(view, CLUSTER + 8, tableAt(1));
    setU64(view, tableAt(0), DATA);
    setU64(view, tableAt(1), DATA + CLUSTER);
  });
  expect(peek(0)).toBeUndefined();
  runAt(COVERED);
  const { reads } = source;
  expect(peek(COVERED - 1)).toBeUndefined();
  expect(peek(COVERED + 8)).toEqual(runAt(COVERED + 8));
  expect(peek(2 * COVERED - 1)).toEqual(runAt(2 * COVERED - 1));
  expect(peek(2 * COVERED)).toBeUndefined();
  expect(source.reads).toBe(reads);
});

test('a table past the end of the file is QCOW2_TRUNCATED, with the guest offset', () => {
  const { runAt } = mapOver(1, (view) => setU64(view, CLUSTER, 2 ** 20));
  expect(() => runAt(700)).toThrow(
    expect.objectContaining({
      code: 'QCOW2_TRUNCATED',
      detail: { hostOffset: 2 ** 20, length: 512, guestOffset: 700 },
    }),
  );
});
