import { createDxHasher } from '@e2image/ext-core/structures';
import fc from 'fast-check';
import { KeyedHash } from '../secret/keyed-hash.ts';
import { OWNER_FLAG } from '../survey/block-classes.ts';
import { drawNames } from './draw-names.ts';
import { KeyTable } from './key-table.ts';
import { LeafRanges } from './leaf-ranges.ts';
import { NameSet } from './name-set.ts';
import { MAX_SHORT, NameStreams, unpackName } from './name-streams.ts';
import { ANY_LEAF, PendingNames, SIDE, type Side } from './pending-names.ts';

const KEY = new Uint8Array(16).fill(3);
const INODE = 12;

interface OldName {
  readonly length: number;
  readonly leaf: number;
  readonly side?: Side;
}

/** Draw new names for old ones. @returns the new names, in the order of the old; undefined for those without */
function draw(old: readonly OldName[], ranges: LeafRanges | undefined, flags = 0): (Uint8Array | undefined)[] {
  const hash = new KeyedHash(KEY);
  const pending = new PendingNames();
  for (const [i, { length, leaf, side = SIDE.inside }] of old.entries()) pending.add(i + 1, 77, length, leaf, side);
  const chosen = new KeyTable();
  const hasher = ranges && createDxHasher(1, KEY);
  const steps = drawNames(hash, { inode: INODE, flags, pending, ranges, hasher, taken: new NameSet(), chosen });
  while (!steps.next().done);
  const streams = new NameStreams(hash, INODE, flags);
  return old.map(({ length }, i) => {
    const value = chosen.get(i + 1, 77);
    if (value < 0) return undefined;
    const bytes = new Uint8Array(256);
    if (length <= MAX_SHORT) return bytes.subarray(0, unpackName(value, bytes, 0));
    streams.write(bytes, 0, length, value);
    return bytes.subarray(0, length);
  });
}

const hashOf = (name: Uint8Array): number => createDxHasher(1, KEY).hash(name, 0, name.length);
const text = (name: Uint8Array): string => String.fromCharCode(...name);

/** An index of even ranges. */
const evenRanges = (count: number): LeafRanges =>
  new LeafRanges({
    leaves: Array.from({ length: count }, (_, i) => i + 1),
    lows: Array.from({ length: count }, (_, i) => Math.floor((i * 2 ** 32) / count) & ~1).map((low) => low >>> 0),
  });

describe('new names', () => {
  test('are in the range of their leaf, different, and as long as the old ones', () => {
    const lengths = fc.integer({ min: 4, max: 255 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.tuple(lengths, fc.nat()), { maxLength: 200 }),
        (leaves, names) => {
          const ranges = evenRanges(leaves);
          const old = names.map(([length, number]) => ({ length, leaf: number % leaves }));
          const found = draw(old, ranges);
          expect(new Set(found.map((name) => name && text(name))).size).toBe(old.length);
          found.forEach((name, i) => {
            expect(name?.length).toBe(old[i]?.length);
            expect(name && ranges.find(hashOf(name))).toBe(old[i]?.leaf);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  test('of one to three characters grow to four where their length has run out, and stay in their leaf', () => {
    const ranges = evenRanges(8);
    const old = Array.from({ length: 400 }, (_, i) => ({ length: 1 + (i % 3), leaf: i % 8 }));
    const found = draw(old, ranges);
    expect(new Set(found.map((name) => name && text(name))).size).toBe(old.length);
    found.forEach((name, i) => {
      const { length, leaf } = old[i] ?? { length: 0, leaf: 0 };
      expect([length, 4]).toContain(name?.length);
      expect(name && ranges.find(hashOf(name))).toBe(leaf);
      expect(name?.some((byte) => byte < 0x21 || byte === 0x2f || byte === 0x2e)).toBe(false);
    });
    expect(found.some((name) => name?.length === 1)).toBe(true);
  });

  test('of case-folded directories have no capital letters', () => {
    const found = draw(
      Array.from({ length: 100 }, (_, i) => ({ length: 1 + (i % 9), leaf: ANY_LEAF })),
      undefined,
      OWNER_FLAG.casefold,
    );
    for (const name of found) expect(name && text(name)).toMatch(/^[a-z0-9_-]+$/);
    expect(new Set(found.map((name) => name && text(name))).size).toBe(100);
  });

  test.each([SIDE.below, SIDE.above])('stay outside their range on side %i where the old ones were', (side) => {
    const ranges = evenRanges(4);
    const [name] = draw([{ length: 9, leaf: 2, side }], ranges);
    expect(name && ranges.side(2, hashOf(name))).toBe(side);
  });

  test('are not found for a leaf whose range is empty, and the search ends', () => {
    const ranges = new LeafRanges({ leaves: [1, 2, 3], lows: [0, 1000, 1000] });
    const found = draw(
      [
        { length: 9, leaf: 1 },
        { length: 9, leaf: 2 },
      ],
      ranges,
    );
    expect(found[0]).toBeUndefined();
    expect(found[1]?.length).toBe(9);
  });
});

describe('the ranges of a damaged index', () => {
  test('leave out leaves whose boundary goes back', () => {
    const ranges = new LeafRanges({ leaves: [5, 6, 7], lows: [0, 4000, 2000] });
    expect([5, 6, 7, 8].map((logical) => ranges.leafAt(logical))).toEqual([0, 1, ANY_LEAF, ANY_LEAF]);
    expect(ranges.end(1)).toBe(2 ** 32);
  });
});
