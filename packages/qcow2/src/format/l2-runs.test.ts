import fc from 'fast-check';
import { geometryOf } from './geometry.ts';
import { decodeL2, findRun, type L2Rules, l1Fault } from './l2-runs.ts';

const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;

/** A unit as qcow2.rst describes it, decoded by bigint. */
interface Unit {
  readonly kind: string;
  readonly host: number;
}

/** 64-bit standard entries: offsets of 512 bytes and above, flags, and now and then a reserved bit. */
const standardEntry = fc
  .record({
    offset: fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 2n ** 40n })),
    isAligned: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
    copied: fc.boolean(),
    zero: fc.boolean(),
    reserved: fc.constantFrom(0n, 0n, 0n, 0n, 1n << 56n, 1n << 61n, 2n, 1n << 8n),
  })
  .map(
    ({ offset, isAligned, copied, zero, reserved }) =>
      (isAligned ? offset << 16n : offset << 9n) | (copied ? COPIED : 0n) | (zero ? 1n : 0n) | reserved,
  );

const rules = fc.record({
  clusterBits: fc.constantFrom(9, 12, 16),
  version: fc.constantFrom(2 as const, 3 as const),
  hasDataFile: fc.boolean(),
  reserved: fc.constantFrom('error' as const, 'ignore' as const),
});

function tableOf(entries: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * 8);
  const view = new DataView(bytes.buffer);
  entries.forEach((entry, index) => {
    view.setBigUint64(index * 8, entry);
  });
  return bytes;
}

/** A standard entry by the text of the specification. */
function standardUnit(entry: bigint, { geometry, version, hasDataFile, reserved }: L2Rules): Unit {
  const offset = Number(entry & 0x00ff_ffff_ffff_fe00n);
  const isCopied = (entry & COPIED) !== 0n;
  const isPlaced = offset !== 0 || (hasDataFile && isCopied);
  const host = isPlaced ? offset : -1;
  const isReservedSet = (entry & 0x3f00_0000_0000_01fen) !== 0n;
  const isInvalid =
    offset % geometry.clusterSize !== 0 ||
    ((entry & 1n) !== 0n && version === 2) ||
    (reserved === 'error' && (isReservedSet || (isCopied && !isPlaced)));
  if (isInvalid) return { kind: 'invalid', host: offset };
  if ((entry & 1n) !== 0n) return { kind: 'zero', host };
  return isPlaced ? { kind: 'data', host } : { kind: 'unallocated', host: -1 };
}

/** The units of runs, one by one. */
function unitsOf(bytes: Uint8Array, rulesOf: L2Rules): Unit[] {
  return decodeL2(bytes, rulesOf).flatMap(({ kind, count, host }) =>
    Array.from({ length: count }, (_, i) => ({
      kind,
      host: host < 0 || kind === 'invalid' ? host : host + i * rulesOf.geometry.unitSize,
    })),
  );
}

test('standard entries are what the specification says', () => {
  fc.assert(
    fc.property(fc.array(standardEntry, { maxLength: 60 }), rules, (entries, { clusterBits, ...rest }) => {
      const all = { geometry: geometryOf({ clusterBits, extendedL2: false }), ...rest };
      expect(unitsOf(tableOf(entries), all)).toEqual(entries.map((entry) => standardUnit(entry, all)));
    }),
    { numRuns: 300 },
  );
});

test('runs are maximal, start where the previous one ends, and are found by any of their units', () => {
  const entry = fc.constantFrom(0n, 1n, COPIED | 0x1_0000n, COPIED | 0x1_0200n, COPIED | 0x1_0400n, 0x2_0001n);
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 60 }), (entries) => {
      const geometry = geometryOf({ clusterBits: 9, extendedL2: false });
      const runs = decodeL2(tableOf(entries), { geometry, version: 3, hasDataFile: false, reserved: 'error' });
      let end = 0;
      runs.forEach((run, index) => {
        expect(run.start).toBe(end);
        end += run.count;
        for (let unit = run.start; unit < end; unit++) expect(findRun(runs, unit)).toBe(run);
        const next = runs[index + 1];
        const follows = run.host < 0 ? (next?.host ?? 0) < 0 : next?.host === run.host + run.count * 512;
        if (next?.kind === run.kind) expect(follows).toBe(false);
      });
      expect(end).toBe(entries.length);
    }),
  );
});

test('extended entries have one state for each of 32 subclusters', () => {
  const geometry = geometryOf({ clusterBits: 14, extendedL2: true });
  const all = { geometry, version: 3 as const, hasDataFile: false, reserved: 'error' as const };
  const u32 = fc.oneof(fc.constant(0), fc.constant(0xffff_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
  fc.assert(
    fc.property(fc.boolean(), u32, u32, fc.boolean(), (isPlaced, zeros, allocated, disjoint) => {
      const bitsOfZero = disjoint ? (zeros & ~allocated) >>> 0 : zeros;
      const host = isPlaced ? 0x8_0000 : -1;
      const bytes = tableOf([isPlaced ? COPIED | 0x8_0000n : 0n, (BigInt(bitsOfZero) << 32n) | BigInt(allocated)]);
      const isInvalid = (bitsOfZero & allocated) !== 0 || (allocated !== 0 && !isPlaced);
      const expected = Array.from({ length: 32 }, (_, bit): Unit => {
        if (isInvalid) return { kind: 'invalid', host };
        const at = host < 0 ? -1 : host + bit * 512;
        if ((allocated >>> bit) & 1) return { kind: 'data', host: at };
        return { kind: (bitsOfZero >>> bit) & 1 ? 'zero' : 'unallocated', host: at };
      });
      expect(unitsOf(bytes, all)).toEqual(expected);
    }),
  );
  expect(decodeL2(tableOf([COPIED | 0x8_0001n, 0n]), all)).toMatchObject([
    { kind: 'invalid', count: 32, reason: 'zero flag beside subclusters' },
  ]);
});

test('a compressed entry is a run of one cluster, with its stream', () => {
  const geometry = geometryOf({ clusterBits: 12, extendedL2: false });
  const all = { geometry, version: 3 as const, hasDataFile: false, reserved: 'error' as const };
  // 2 further sectors from byte 1000 on; with 4 KiB clusters their number begins at bit 58.
  const entry = COMPRESSED | (2n << 58n) | 1000n;
  const run = { kind: 'compressed', count: 1, host: 1000, span: 3 * 512 - (1000 % 512) };
  expect(decodeL2(tableOf([entry, entry]), all)).toMatchObject([
    { ...run, start: 0 },
    { ...run, start: 1 },
  ]);
  expect(decodeL2(tableOf([entry]), { ...all, hasDataFile: true })).toMatchObject([
    { kind: 'invalid', reason: 'compressed cluster beside a data file' },
  ]);
  expect(decodeL2(tableOf([COMPRESSED | (1n << 57n)]), all)).toMatchObject([
    { kind: 'invalid', reason: 'host offset above 2^56' },
  ]);
});

test.each([
  [0n, ''],
  [COPIED | 0x1_0000n, ''],
  [0x1_0200n, 'unaligned L2 table offset in L1'],
  [0x1_0001n, 'reserved bits set in L1'],
  [0x1_0100n, 'reserved bits set in L1'],
  [(1n << 56n) | 0x1_0000n, 'reserved bits set in L1'],
  [COMPRESSED | 0x1_0000n, 'reserved bits set in L1'],
])('L1 entry %s: "%s"', (entry, fault) => {
  const geometry = geometryOf({ clusterBits: 12, extendedL2: false });
  const halves = [Number(entry >> 32n), Number(entry & 0xffff_ffffn)] as const;
  const all = { geometry, version: 3 as const, hasDataFile: false };
  expect(l1Fault(...halves, { ...all, reserved: 'error' })).toBe(fault);
  expect(l1Fault(...halves, { ...all, reserved: 'ignore' })).toBe(fault.startsWith('reserved') ? '' : fault);
});
