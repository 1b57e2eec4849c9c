import { TinyFilesystem } from '@e2image/ext-core/testing';
import { noCounts, type ScrambleCounts } from '../base/counts.ts';
import { type ClassRun, KIND, type Kind, OWNER_FLAG } from '../survey/block-classes.ts';
import { allZero } from '../testing/all-zero.ts';
import { writeRecords } from '../testing/directory-blocks.ts';
import { emptyBlock, testContext } from '../testing/scramble-context.ts';
import { findSecret, plantSecret } from '../testing/secret-text.ts';
import type { Block, Context } from './context.ts';
import { scrambleBlock } from './scramble-block.ts';

const SIZE = 1024;
const NUMBER = 77;

const runOf = (kind: Kind, changes: Partial<ClassRun> = {}): ClassRun => ({
  kind,
  start: NUMBER,
  count: 1,
  owner: 12,
  logical: 0,
  generation: 0,
  flags: 0,
  ...changes,
});

function scramble(block: Block, run: ClassRun, context: Context = testContext()): ScrambleCounts {
  const counts = noCounts();
  scrambleBlock(context, block, run, counts);
  return counts;
}

function full(): Block {
  const block = emptyBlock(SIZE, NUMBER);
  plantSecret(block.bytes, 0, SIZE);
  return block;
}

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

test('no piece of a secret stays in a block of any kind', () => {
  for (const kind of Object.values(KIND)) {
    const block = full();
    scramble(block, runOf(kind));
    // Inodes that are directories or files keep their map; a secret as mode makes them neither.
    expect([kind, findSecret(block.bytes, kind === KIND.inodeTable ? 16 : 8)]).toEqual([kind, -1]);
  }
});

test.each<[string, Kind, Partial<ScrambleCounts>]>([
  ['a superblock', KIND.superblock, {}],
  ['an attribute block', KIND.attributes, { damagedBlocks: 1 }],
  ['an extent node', KIND.extentNode, { damagedBlocks: 1 }],
  ['a directory', KIND.directory, { damagedBlocks: 1 }],
  ['a link target', KIND.symlink, { linkTargets: 1 }],
  ['a value without an inode', KIND.attributeValue, { attributeValueBlocks: 1 }],
  ['an MMP block', KIND.mmp, {}],
])('any bytes are scrambled as %s', (_name, kind, counts) => {
  expect(scramble(full(), runOf(kind))).toEqual({ ...noCounts(), ...counts });
});

test('the default is zeros', () => {
  const block = full();
  scramble(block, runOf(KIND.journal));
  expect(allZero(block.bytes)).toBe(true);
});

describe('a block of link targets', () => {
  test('has another target, up to the first zero byte', () => {
    const block = full();
    block.bytes[100] = 0;
    expect(scramble(block, runOf(KIND.symlink)).linkTargets).toBe(1);
    expect(text(block.bytes.subarray(0, 100))).toMatch(/^[\w-]{100}$/);
    expect(allZero(block.bytes.subarray(100))).toBe(true);
  });

  test('that is encrypted keeps its length', () => {
    const block = full();
    block.bytes.set([100, 0]);
    scramble(block, runOf(KIND.symlink, { flags: OWNER_FLAG.encrypted }));
    expect([...block.bytes.subarray(0, 2)]).toEqual([100, 0]);
    expect(text(block.bytes.subarray(2, 102))).toMatch(/^[\w-]{100}$/);
    const other = full();
    scramble(other, runOf(KIND.symlink, { flags: OWNER_FLAG.indexed | OWNER_FLAG.casefold }));
    expect(text(other.bytes)).toMatch(/^[\w-]+$/);
  });

  test('after the first is bytes, and not counted', () => {
    const block = full();
    expect(scramble(block, runOf(KIND.symlink, { logical: 1 })).linkTargets).toBe(0);
    expect(text(block.bytes)).not.toMatch(/^[\w-]+$/);
    expect(findSecret(block.bytes)).toBe(-1);
    const second = full();
    expect(scramble(second, runOf(KIND.symlink, { start: NUMBER - 1 })).linkTargets).toBe(0);
  });
});

test('a block of a value is written by its inode, its number in it, and the size of the value', () => {
  const values = new Map([[12, { size: SIZE + 10, before: 1, after: 2 }]]);
  const context = testContext(undefined, { values });
  const first = full();
  expect(scramble(first, runOf(KIND.attributeValue), context).attributeValueBlocks).toBe(1);
  expect(text(first.bytes)).toMatch(/^[\w-]{1024}$/);
  const second = full();
  scramble(second, runOf(KIND.attributeValue, { start: NUMBER - 1 }), context);
  expect(text(second.bytes)).toMatch(/^[\w-]{10}\0+$/);
  const other = full();
  scramble(other, runOf(KIND.attributeValue, { owner: 13 }), context);
  expect(allZero(other.bytes)).toBe(true);
});

test('a directory block is scrambled by its number in the directory', () => {
  const flags = OWNER_FLAG.indexed;
  const root = (): Block => {
    const block = emptyBlock(SIZE, NUMBER);
    writeRecords(block.bytes, [{ name: '.', length: 12 }, { name: '..' }]);
    block.bytes.set([1, 8], 0x1c);
    block.bytes.set([124, 0, 1, 0], 0x20);
    return block;
  };
  const first = root();
  scramble(first, runOf(KIND.directory, { flags }));
  expect(first.bytes[0x20]).toBe(124);
  const later = root();
  scramble(later, runOf(KIND.directory, { flags, start: NUMBER - 1 }));
  expect(allZero(later.bytes.subarray(0x17))).toBe(true);
});

test('inodes of a table are scrambled by their numbers: group, block and index', () => {
  const orphansOf = (group: number, start: number, logical = 0): number[] => {
    const asked: number[] = [];
    const block = full();
    // Without links, but something to hide.
    for (let index = 0; index < 8; index++) block.view.setUint16(128 * index + 0x1a, 0, true);
    const isOrphan = (inode: number): boolean => asked.push(inode) < 0;
    const context = testContext(new TinyFilesystem(), { isOrphan });
    scramble(block, runOf(KIND.inodeTable, { owner: group, start, logical }), context);
    return asked;
  };
  // 32 inodes in a group, 8 in a block. The bad-block inode, number 1, is not asked.
  expect(orphansOf(0, NUMBER)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  expect(orphansOf(0, NUMBER - 1)).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
  expect(orphansOf(1, NUMBER - 3)).toEqual([57, 58, 59, 60, 61, 62, 63, 64]);
  expect(orphansOf(1, NUMBER, 2)[0]).toBe(49);
});
