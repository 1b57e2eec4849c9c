import { openFilesystem } from '@e2image/ext-core';
import { TINY, TinyFilesystem } from '@e2image/ext-core/testing';
import type { ScrambleProblem } from '../base/problem.ts';
import { BlockClasses, KIND } from '../survey/block-classes.ts';
import { FileBlocks, readBuffer } from './file-blocks.ts';

const SIZE = TINY.blockSize;
const INODE = 12;

/** A file of three runs with a hole; each of its blocks is filled with its number in the file. */
function file() {
  const disk = new TinyFilesystem();
  const classes = new BlockClasses();
  const add = (start: number, count: number, logical: number, changes = {}): void => {
    classes.add({ kind: KIND.directory, start, count, owner: INODE, logical, generation: 3, flags: 1, ...changes });
    for (let i = 0; i < count; i++) disk.bytes.fill(1 + logical + i, (start + i) * SIZE, (start + i + 1) * SIZE);
  };
  add(200, 1, 0, { owner: INODE - 1 });
  add(50, 2, 0);
  add(201, 1, 0, { kind: KIND.extentNode });
  add(60, 1, 4);
  add(202, 1, 9, { owner: INODE + 1 });
  add(40, 3, 5);
  add(210, 1, 8);
  classes.seal();
  return {
    disk,
    blocks: new FileBlocks(openFilesystem(disk), classes, { inode: INODE, from: 0, to: classes.length - 1 }),
  };
}

describe('the blocks of a file', () => {
  test('are those of its runs of content, in its own order', () => {
    const { blocks } = file();
    expect([0, 1, 4, 5, 6, 7].map((logical) => blocks.locate(logical))).toEqual([50, 51, 60, 40, 41, 42]);
    expect([2, 3, 8, 9, 100].map((logical) => blocks.locate(logical))).toEqual(new Array(5).fill(undefined));
    expect(blocks.end).toBe(8);
    expect(blocks.first).toMatchObject({ start: 50, count: 2, logical: 0, flags: 1 });
  });

  test('of a file without blocks do not exist', () => {
    const classes = new BlockClasses();
    classes.seal();
    const blocks = new FileBlocks(openFilesystem(new TinyFilesystem()), classes, { inode: INODE, from: 0, to: 0 });
    expect([blocks.end, blocks.first, blocks.locate(0)]).toEqual([0, undefined, undefined]);
  });

  test.each([KIND.directory, KIND.attributeValue, KIND.journal])('are those of kind %i too', (kind) => {
    const classes = new BlockClasses();
    classes.add({ kind, start: 50, count: 1, owner: INODE, logical: 0, generation: 0, flags: 0 });
    const blocks = new FileBlocks(openFilesystem(new TinyFilesystem()), classes, { inode: INODE, from: 0, to: 1 });
    expect(blocks.locate(0)).toBe(50);
  });

  test('are read one by one; a hole and an unreadable block are undefined', () => {
    const { disk, blocks } = file();
    disk.unreadable.add(41);
    expect(blocks.read(5)).toEqual(new Uint8Array(SIZE).fill(6));
    expect(blocks.read(6)).toBeUndefined();
    expect(blocks.read(3)).toBeUndefined();
  });

  test.each([1, 2, 100])('are visited in order, at most %i at a time, and each read once', (perRead) => {
    const { disk, blocks } = file();
    disk.unreadable.add(41);
    const problems: ScrambleProblem[] = [];
    const visited: [logical: number, block: number, byte: number][] = [];
    let steps = 0;
    const before = disk.blocksRead;
    const walk = blocks.each(
      new Uint8Array(perRead * SIZE),
      (bytes, logical, block) => {
        expect(bytes.length).toBeLessThanOrEqual(perRead * SIZE);
        for (let i = 0; i * SIZE < bytes.length; i++) visited.push([logical + i, block + i, bytes[i * SIZE] ?? -1]);
      },
      (problem) => problems.push(problem),
    );
    while (!walk.next().done) steps++;
    expect(visited).toEqual([
      [0, 50, 1],
      [1, 51, 2],
      [4, 60, 5],
      [5, 40, 6],
      [6, 41, 0],
      [7, 42, 8],
    ]);
    expect(steps).toBe({ 1: 6, 2: 4, 100: 3 }[perRead]);
    expect(problems).toMatchObject([{ code: 'unreadable', block: 41, inode: INODE }]);
    expect(disk.blocksRead - before).toBeLessThan(14);
  });
});

test('a buffer holds 256 KiB or a block', () => {
  const fs = openFilesystem(new TinyFilesystem());
  expect(readBuffer(fs)).toHaveLength(256 * 1024);
  expect(readBuffer({ ...fs, blockSize: 1 << 20 })).toHaveLength(1 << 20);
});
