import { dirBlockChecksum, inodeSeed } from '@e2image/ext-core/structures';
import fc from 'fast-check';
import { noCounts, type ScrambleCounts } from '../base/counts.ts';
import type { ScrambleProblem } from '../base/problem.ts';
import { blockRecords, recordList } from '../directory/dir-records.ts';
import { type ClassRun, KIND, OWNER_FLAG } from '../survey/block-classes.ts';
import { allZero } from '../testing/all-zero.ts';
import {
  type NewRecord,
  readRecords,
  TAIL,
  writeIndexNode,
  writeIndexRoot,
  writeRecords,
  writeTail,
} from '../testing/directory-blocks.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { findSecret, plantSecret, secretText } from '../testing/secret-text.ts';
import type { Block, Context } from './context.ts';
import { directoryOwner, scrambleDirectoryBlock, scrambleRecords } from './directory-block.ts';

const SIZE = 1024;
const INODE = 12;
const GENERATION = 5;
const SEED = inodeSeed(1234, INODE, GENERATION);

const runOf = (changes: Partial<ClassRun> = {}): ClassRun => ({
  kind: KIND.directory,
  start: 77,
  count: 1,
  owner: INODE,
  logical: 0,
  generation: GENERATION,
  flags: 0,
  ...changes,
});

/** A block of these records; with a checksum, which is right, at the end. */
function dirBlock(records: readonly NewRecord[], hasTail = false): Block {
  const block = emptyBlock(SIZE);
  writeRecords(block.bytes.subarray(0, hasTail ? SIZE - TAIL : SIZE), records);
  if (hasTail) {
    writeTail(block.bytes);
    block.view.setUint32(SIZE - 4, dirBlockChecksum(SEED, block.bytes), true);
  }
  return block;
}

interface Outcome {
  readonly counts: ScrambleCounts;
  readonly problems: readonly ScrambleProblem[];
}

function scramble(block: Block, changes: Partial<ClassRun> = {}, logical = 1): Outcome {
  const counts = noCounts();
  const problems: ScrambleProblem[] = [];
  const context = testContext(undefined, { seed: 1234, onProblem: (problem) => problems.push(problem) });
  scrambleDirectoryBlock(context, block, runOf(changes), logical, counts);
  return { counts, problems };
}

const names = (block: Block): string[] => readRecords(block.bytes).map(({ name }) => name);
const SECRET = secretText(20);

describe('a scrambled directory block', () => {
  test('has other names of the same lengths in the same records', () => {
    const block = dirBlock([
      { name: SECRET, inode: 20, type: 1 },
      { name: `${SECRET}-other`, inode: 21, type: 2, length: 60 },
      { name: `deleted-${SECRET}`, inode: 0, type: 7 },
    ]);
    const before = readRecords(block.bytes);
    expect(scramble(block)).toEqual({ counts: { ...noCounts(), names: 2, deletedNames: 1 }, problems: [] });
    const after = readRecords(block.bytes);
    const shape = ({ at, inode, length, type, name }: (typeof after)[0]) => [at, inode, length, type, name.length];
    expect(after.map(shape)).toEqual(before.map(shape));
    for (const { name, slack } of after) {
      expect(name).toMatch(/^[\w-]+$/);
      expect(allZero(slack)).toBe(true);
    }
  });

  test('gives equal names equal new ones, whatever the block, and other ones in another directory', () => {
    const nameOf = (owner: number, other: string): string | undefined => {
      const block = dirBlock([{ name: other }, { name: SECRET }]);
      scramble(block, { owner });
      return names(block)[1];
    };
    expect(nameOf(INODE, 'first-of-them')).toBe(nameOf(INODE, 'second-of-them'));
    expect(nameOf(INODE, 'first-of-them')).not.toBe(nameOf(INODE + 1, 'first-of-them'));
  });

  test('has no capital letters where case is folded', () => {
    const block = dirBlock(Array.from({ length: 20 }, (_, i) => ({ name: `${SECRET}${i}` })));
    scramble(block, { flags: OWNER_FLAG.casefold });
    for (const name of names(block)) expect(name).toMatch(/^[a-z0-9_-]+$/);
    const plain = dirBlock(Array.from({ length: 20 }, (_, i) => ({ name: `${SECRET}${i}` })));
    scramble(plain);
    expect(names(plain).join('')).toMatch(/[A-Z]/);
  });

  test('has as many names as before where some of one to three characters must be chosen', () => {
    const old = [...'abcdefghijklmnopqrstuvwxyz', 'aa', 'bb', 'cc', 'ddd'];
    const block = dirBlock(old.map((name) => ({ name })));
    scramble(block);
    const found = names(block);
    expect(new Set(found).size).toBe(old.length);
    found.forEach((name, i) => {
      const length = old[i]?.length ?? 0;
      expect([length, 4]).toContain(name.length);
    });
  });

  test('has as many names as before where some of four characters must be chosen', () => {
    const old = Array.from({ length: 60 }, (_, i) => `${1000 + i}`);
    const block = dirBlock(old.map((name) => ({ name })));
    scramble(block);
    expect(new Set(names(block)).size).toBe(old.length);
    expect(names(block).every((name) => name.length === 4)).toBe(true);
  });

  test('keeps `.` and `..`, and what is after them only as a byte that is not zero', () => {
    const block = dirBlock([
      { name: '.', inode: INODE, type: 2, length: 24 },
      { name: '..', inode: 2, type: 2, length: 24 },
      { name: SECRET },
    ]);
    plantSecret(block.bytes, 9, 24);
    plantSecret(block.bytes, 24 + 11, 48);
    expect(scramble(block).counts.names).toBe(1);
    expect(names(block).slice(0, 2)).toEqual(['.', '..']);
    const [dot, dots] = readRecords(block.bytes);
    expect([...(dot?.slack ?? [])]).toEqual([1, ...new Array(14).fill(0)]);
    expect([...(dots?.slack ?? [])]).toEqual([0, ...new Array(13).fill(0)]);
  });

  test('keeps `lost+found` in the root only', () => {
    for (const [owner, isKept] of [
      [2, true],
      [INODE, false],
    ] as const) {
      const block = dirBlock([{ name: 'lost+found', length: 40 }, { name: SECRET }]);
      plantSecret(block.bytes, 18, 40);
      expect(scramble(block, { owner }).counts.names).toBe(2);
      expect(names(block)[0] === 'lost+found').toBe(isKept);
      expect(findSecret(block.bytes, 4)).toBe(-1);
    }
  });

  test('clears records without a name', () => {
    const block = dirBlock([{ name: '', inode: 0, length: 100 }, { name: SECRET }]);
    plantSecret(block.bytes, 8, 100);
    expect(scramble(block).counts).toEqual({ ...noCounts(), names: 1 });
    expect(allZero(block.bytes.subarray(8, 100))).toBe(true);
    expect(block.bytes[100]).toBe(12);
  });

  test.each([
    [7, 7],
    [8, 0x7f],
    [0xa3, 0x7f],
  ])('has a file type for a file type, and another value for none: %i becomes %i', (before, after) => {
    const block = dirBlock([{ name: SECRET, type: before }]);
    scramble(block);
    expect(readRecords(block.bytes)[0]?.type).toBe(after);
  });

  test('has a right checksum when it had one, a wrong one otherwise, and none without a tail', () => {
    const right = dirBlock([{ name: SECRET }], true);
    scramble(right);
    expect(right.view.getUint32(SIZE - 4, true)).toBe(dirBlockChecksum(SEED, right.bytes));
    expect([...right.bytes.subarray(SIZE - TAIL, SIZE - 4)]).toEqual([0, 0, 0, 0, TAIL, 0, 0, 0xde]);
    const wrong = dirBlock([{ name: SECRET }], true);
    wrong.view.setUint32(SIZE - 4, 0x1234, true);
    scramble(wrong);
    expect([dirBlockChecksum(SEED, wrong.bytes), 0x1234, 0]).not.toContain(wrong.view.getUint32(SIZE - 4, true));
    const none = dirBlock([{ name: SECRET }]);
    scramble(none);
    expect(none.view.getUint32(SIZE - 4, true)).toBe(0);
  });
});

describe('stored hashes of encrypted and case-folded names', () => {
  const BOTH = OWNER_FLAG.encrypted | OWNER_FLAG.casefold;

  /** A record with a name of 6 bytes, a hash of 8 bytes at the next multiple of 4, and a secret after that. */
  function hashed(): Block {
    const block = dirBlock([{ name: secretText(6), length: 60 }, { name: SECRET }]);
    plantSecret(block.bytes, 14, 60);
    return block;
  }

  test('stay, and everything beside them becomes zeros', () => {
    const block = hashed();
    const hash = block.bytes.slice(16, 24);
    scramble(block, { flags: BOTH });
    expect(block.bytes.slice(16, 24)).toEqual(hash);
    expect([...block.bytes.subarray(14, 16)]).toEqual([0, 0]);
    expect(allZero(block.bytes.subarray(24, 60))).toBe(true);
  });

  test.each([0, OWNER_FLAG.encrypted, OWNER_FLAG.casefold])('do not exist with flags %i alone', (flags) => {
    const block = hashed();
    scramble(block, { flags });
    expect(allZero(block.bytes.subarray(14, 60))).toBe(true);
  });

  test('do not exist where the record has no room for them, and just fit one that has', () => {
    for (const [length, isKept] of [
      [20, false],
      [24, true],
    ] as const) {
      const block = dirBlock([{ name: secretText(6), length }, { name: SECRET }]);
      plantSecret(block.bytes, 14, length);
      scramble(block, { flags: BOTH });
      expect(allZero(block.bytes.subarray(14, length))).toBe(!isKept);
    }
  });
});

describe('a block that is not a list of records', () => {
  test('is scrambled as bytes from there on, counted as damaged and reported', () => {
    const block = dirBlock([{ name: SECRET, length: 40 }, { name: 'rest' }]);
    plantSecret(block.bytes, 40, SIZE);
    const { counts, problems } = scramble(block);
    expect(counts).toEqual({ ...noCounts(), names: 1, damagedBlocks: 1 });
    expect(problems).toMatchObject([{ code: 'corrupt-directory', block: 77, inode: INODE }]);
    expect(problems[0]?.message).toMatch(/^inode 12: block 77 /);
    expect(findSecret(block.bytes)).toBe(-1);
    expect(block.view.getUint16(44, true)).toBe(5);
    expect(block.bytes.subarray(40).filter((byte) => byte === 0)).toHaveLength(1);
  });

  test('keeps fewer bytes than the head of a record, which hold an inode number at most', () => {
    const block = dirBlock([{ name: SECRET, length: SIZE - 4 }]);
    block.bytes.set([1, 2, 3, 4], SIZE - 4);
    expect(scramble(block).counts.damagedBlocks).toBe(1);
    expect([...block.bytes.subarray(SIZE - 4)]).toEqual([1, 2, 3, 4]);
  });

  test('is scrambled where exactly the head of a record is left', () => {
    const block = dirBlock([{ name: SECRET, length: SIZE - 8 }]);
    plantSecret(block.bytes, SIZE - 8, SIZE);
    expect(scramble(block).counts.damagedBlocks).toBe(1);
    expect(findSecret(block.bytes)).toBe(-1);
    expect(block.view.getUint16(SIZE - 4, true)).toBe(5);
  });
});

describe('blocks of an indexed directory', () => {
  const INDEXED = OWNER_FLAG.indexed;

  test('are a root as the first, and inner blocks elsewhere', () => {
    const root = emptyBlock(SIZE);
    writeIndexRoot(root.bytes, [[0, 1]]);
    plantSecret(root.bytes, 0x28, SIZE);
    const before = root.bytes.slice();
    expect(scramble(root, { flags: INDEXED }, 0).counts).toEqual(noCounts());
    expect(root.bytes.subarray(0, 0x28)).toEqual(before.subarray(0, 0x28));
    expect(allZero(root.bytes.subarray(0x28))).toBe(true);
    const node = emptyBlock(SIZE);
    writeIndexNode(node.bytes, [[0, 1]]);
    plantSecret(node.bytes, 0x10, SIZE);
    const head = node.bytes.slice(0, 0x10);
    scramble(node, { flags: INDEXED }, 1);
    expect(node.bytes.slice(0, 0x10)).toEqual(head);
    expect(allZero(node.bytes.subarray(0x10))).toBe(true);
  });

  test('are lists of records without the flag, and where they look like neither', () => {
    for (const [changes, logical] of [
      [{}, 0],
      [{ flags: INDEXED }, 1],
    ] as const) {
      const block = emptyBlock(SIZE);
      writeIndexRoot(block.bytes, [[0, 1]]);
      scramble(block, changes, logical);
      // What is after `..` becomes zeros: the root is gone.
      expect(allZero(block.bytes.subarray(0x18))).toBe(true);
    }
    const leaf = dirBlock([{ name: SECRET }]);
    expect(scramble(leaf, { flags: INDEXED }, 0).counts.names).toBe(1);
  });
});

test('a list of records that begins within a buffer is scrambled there and nowhere else', () => {
  const context: Context = testContext();
  const bytes = new Uint8Array(200);
  plantSecret(bytes, 0, 200);
  const part = bytes.subarray(40, 100);
  writeRecords(part, [{ name: SECRET, length: 32 }, { name: 'b' }]);
  const before = bytes.slice();
  const list = recordList(part, new DataView(part.buffer, part.byteOffset, part.length), part.length);
  const owner = directoryOwner(context, { inode: INODE, flags: 0 }, [list]);
  expect(scrambleRecords(context, owner, list, noCounts())).toBe(true);
  expect(findSecret(part, 4)).toBe(-1);
  expect(bytes.subarray(0, 40)).toEqual(before.subarray(0, 40));
  expect(bytes.subarray(100)).toEqual(before.subarray(100));
});

test('every entry of a block stays, under another name, whatever its names are', () => {
  const name = fc
    .integer({ min: 1, max: 40 })
    .chain((length) => fc.constantFrom(secretText(length), 'x'.repeat(length)));
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 15 }), fc.boolean(), (old, hasTail) => {
      const block = dirBlock(
        old.map((one, i) => ({ name: one, inode: 20 + i })),
        hasTail,
      );
      const before = readRecords(block.bytes);
      scramble(block);
      const after = readRecords(block.bytes);
      expect(after.map(({ inode, length, type }) => [inode, length, type])).toEqual(
        before.map(({ inode, length, type }) => [inode, length, type]),
      );
      const fresh = after.filter(({ inode }) => inode !== 0).map((one) => one.name);
      expect(new Set(fresh).size).toBe(old.length);
      expect(findSecret(block.bytes, 4)).toBe(-1);
      expect(blockRecords(block.bytes, block.view).names).toBe(old.length);
    }),
    { numRuns: 50 },
  );
});
