import { openFilesystem } from '@e2image/ext-core';
import { createDxHasher, INODE_FLAG, inodeLayout } from '@e2image/ext-core/structures';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import { KeyedHash } from '../secret/keyed-hash.ts';
import { classify } from '../survey/classify.ts';
import { type IndexEntry, type NewRecord, writeIndexRoot, writeRecords } from '../testing/directory-blocks.ts';
import { TEST_KEY } from '../testing/scramble-context.ts';
import { chooseHashSeed } from './hash-seed.ts';

const SIZE = TINY.blockSize;
const LOST_AND_FOUND = new TextEncoder().encode('lost+found');

interface Root {
  readonly entries?: readonly IndexEntry[];
  readonly hashVersion?: number;
  /** The leaf in which `lost+found` is. */
  readonly leaf?: number;
  readonly record?: Partial<NewRecord>;
  readonly isIndexed?: boolean;
}

const EIGHT: readonly IndexEntry[] = Array.from({ length: 8 }, (_, i) => [i * 0x1000, i + 1]);

function disk({ entries = EIGHT, hashVersion = 1, leaf = 3, record = {}, isIndexed = true }: Root): TinyFilesystem {
  const made = new TinyFilesystem();
  const base = made.extents(2, 'directory', 0, [[0, 9, 40]]);
  if (isIndexed) inodeLayout.i_flags.set(made.view, base, INODE_FLAG.extents | INODE_FLAG.index);
  const block = (logical: number): Uint8Array => made.bytes.subarray((40 + logical) * SIZE, (41 + logical) * SIZE);
  writeIndexRoot(block(0), entries, { hashVersion });
  for (let logical = 1; logical < 9; logical++) {
    const other = { name: `leaf-${logical}` };
    writeRecords(block(logical), logical === leaf ? [other, { name: 'lost+found', ...record }] : [other]);
  }
  return made;
}

function seedOf(made: TinyFilesystem, { key = TEST_KEY, tries = 1000 } = {}): Uint8Array | undefined {
  const fs = openFilesystem(made);
  const steps = classify(fs, { selection: 'complete', allData: false });
  for (;;) {
    const step = steps.next();
    if (step.done) return chooseHashSeed(fs, new KeyedHash(key), step.value, tries);
  }
}

/** The seed where nothing limits it. */
const FIRST = seedOf(new TinyFilesystem());

const hashWith = (seed: Uint8Array | undefined, version = 1): number =>
  seed === undefined ? -1 : createDxHasher(version, seed).hash(LOST_AND_FOUND, 0, LOST_AND_FOUND.length);

describe('a new hash seed', () => {
  test('follows from the key', () => {
    expect(FIRST).toHaveLength(16);
    expect(seedOf(new TinyFilesystem())).toEqual(FIRST);
    expect(seedOf(new TinyFilesystem(), { key: TEST_KEY.map((byte) => byte + 1) })).not.toEqual(FIRST);
    expect(new Set(new Int32Array(FIRST?.slice().buffer ?? new ArrayBuffer(0))).size).toBe(4);
    expect(FIRST?.subarray(4, 8).some((byte) => byte !== 0)).toBe(true);
    expect(FIRST?.subarray(12, 16).some((byte) => byte !== 0)).toBe(true);
    expect(FIRST?.slice(0, 8)).not.toEqual(FIRST?.slice(8));
  });

  test.each([1, 2, 3, 8])('leaves `lost+found` in leaf %i of the root, wherever new boundaries are', (leaf) => {
    const part = 2 ** 32 / 8;
    const hash = hashWith(seedOf(disk({ leaf })));
    expect(hash).toBeGreaterThanOrEqual((leaf - 1 + 0.5) * part);
    expect(hash).toBeLessThan(leaf * part);
  });

  test('does so for other hashes too', () => {
    const hash = hashWith(seedOf(disk({ leaf: 5, hashVersion: 2 })), 2);
    expect(Math.floor(hash / (2 ** 32 / 8))).toBe(4);
  });

  test('leaves it within the old boundaries where an index contradicts itself, as those are kept', () => {
    const entries: readonly IndexEntry[] = [
      [0, 1],
      [0x4000_0000, 3],
      [0x5000_0000, 2],
      [0x1000, 4],
    ];
    const hash = hashWith(seedOf(disk({ entries })));
    expect(hash).toBeGreaterThanOrEqual(0x4000_0000);
    expect(hash).toBeLessThan(0x5000_0000);
  });

  test('does not exist where no seed leaves `lost+found` in its leaf', () => {
    const entries: readonly IndexEntry[] = [
      [0, 1],
      [0x4000_0000, 3],
      [0x4000_0000, 2],
      [0x1000, 4],
    ];
    expect(seedOf(disk({ entries }))).toBeUndefined();
  });

  test.each<[string, Root]>([
    ['has no index', { isIndexed: false }],
    ['does not hold it in a leaf', { leaf: 99 }],
    ['holds it deleted', { record: { inode: 0 } }],
    ['holds another name of its length', { record: { name: 'lost-found' } }],
    ['has a hash without a seed: the legacy one', { hashVersion: 0 }],
    ['has a hash without a seed: the unsigned legacy one', { hashVersion: 3 }],
    ['has a hash that needs a key: SipHash', { hashVersion: 6 }],
    [
      'holds it in a leaf whose boundary goes back',
      {
        entries: [
          [0, 1],
          [0x2000, 2],
          [0x1000, 3],
        ],
      },
    ],
  ])('is the first one where the root %s', (_name, root) => {
    expect(seedOf(disk(root))).toEqual(FIRST);
  });

  test('is the first one where the index of the root is not one', () => {
    const made = disk({});
    writeRecords(made.bytes.subarray(40 * SIZE, 41 * SIZE), [{ name: 'other' }]);
    expect(seedOf(made)).toEqual(FIRST);
  });

  test('is chosen though a leaf cannot be read', () => {
    const made = disk({ leaf: 3 });
    made.unreadable.add(42);
    const part = 2 ** 32 / 8;
    const hash = hashWith(seedOf(made));
    expect(Math.floor(hash / part)).toBe(2);
    made.unreadable.add(43);
    expect(seedOf(made)).toEqual(FIRST);
  });
});
