import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '@e2image/ext-core/structures';
import { memorySource, tempFolder } from '@e2image/sparse-io/testing';
import { UndoFile } from './undo-file.ts';
import { disguise, readUndoHeader, UNDO_HEADER_SIZE, type UndoHeader } from './undo-layout.ts';

const BLOCK = 1024;
const device = Uint8Array.from({ length: 40 * BLOCK }, (_, at) => (at >>> 10) + (at % 7));
const superblock = device.slice(1024, 2048);
const wantedSuperblock = new Uint8Array(1024).fill(9);
const subject = (...runs: { start: number; count: number }[]) => ({
  runs,
  blockSize: BLOCK,
  device: memorySource(device),
  superblock,
  wantedSuperblock,
});
const BOTH = [
  { start: 3, count: 2 },
  { start: 20, count: 4 },
];

const headerOf = (path: string): UndoHeader =>
  readUndoHeader(readFileSync(path).subarray(0, UNDO_HEADER_SIZE), (bytes) => crc32c(0xffff_ffff, bytes));
const copyOf = (path: string): Uint8Array => disguise(readFileSync(path).subarray(BLOCK, 2 * BLOCK));

/** Make an undo file of both runs in a folder of its own, then do something to it. */
async function withUndo(body: (path: string) => Promise<void> | void): Promise<void> {
  using folder = tempFolder();
  const path = join(folder.path, 'undo');
  (await UndoFile.create(path, subject(...BOTH)))[Symbol.dispose]();
  await body(path);
}

const refusedWith = (message: string) =>
  expect.objectContaining({ code: 'RESTORE_UNDO_EXISTS', message: expect.stringContaining(message) });

test('holds the old content of the blocks, and the superblock that the device has', async () => {
  await withUndo((path) => {
    const bytes = readFileSync(path);
    expect(bytes.subarray(3 * BLOCK, 5 * BLOCK)).toEqual(Buffer.from(device.subarray(3 * BLOCK, 5 * BLOCK)));
    expect(bytes.subarray(5 * BLOCK, 9 * BLOCK)).toEqual(Buffer.from(device.subarray(20 * BLOCK, 24 * BLOCK)));
    expect(Buffer.compare(copyOf(path), superblock)).toBe(0);
    expect(headerOf(path)).toMatchObject({ keyCount: 2, isFinished: false, unitSize: BLOCK });
  });
});

test('is not there when the old content cannot be saved', async () => {
  using folder = tempFolder();
  const path = join(folder.path, 'undo');
  const broken = {
    size: device.length,
    readAt: () => {
      throw Object.assign(new Error('gone'), { code: 'ENODEV' });
    },
  };
  await expect(UndoFile.create(path, { ...subject(...BOTH), device: broken })).rejects.toThrow('gone');
  expect(existsSync(path)).toBe(false);
});

test('is told of the superblock to come, and of the end', async () => {
  await withUndo(async (path) => {
    using undo = UndoFile.resume(path, subject({ start: 20, count: 2 }));
    await undo.expectSuperblock(wantedSuperblock);
    expect(Buffer.compare(copyOf(path), wantedSuperblock)).toBe(0);
    expect(headerOf(path).isFinished).toBe(false);
    await undo.finish();
    expect(headerOf(path).isFinished).toBe(true);
  });
});

test('is gone on with by a restore that has less left to do, whichever superblock it knows', async () => {
  await withUndo(async (path) => {
    const undo = UndoFile.resume(path, subject({ start: 4, count: 1 }));
    await undo.expectSuperblock(wantedSuperblock);
    undo[Symbol.dispose]();
    UndoFile.resume(path, subject())[Symbol.dispose]();
  });
});

test('is refused when it lacks a block', async () => {
  await withUndo((path) => {
    expect(() => UndoFile.resume(path, subject({ start: 4, count: 2 }))).toThrow(refusedWith('lacks block 5'));
    expect(() => UndoFile.resume(path, subject({ start: 30, count: 1 }))).toThrow(refusedWith('lacks block 30'));
  });
});

test('is refused when its restore came to its end and there is something to do again', async () => {
  await withUndo(async (path) => {
    const undo = UndoFile.resume(path, subject());
    await undo.finish();
    undo[Symbol.dispose]();
    expect(() => UndoFile.resume(path, subject({ start: 3, count: 1 }))).toThrow(refusedWith('earlier restore'));
    UndoFile.resume(path, subject())[Symbol.dispose]();
  });
});

test('is refused when it is of another device', async () => {
  await withUndo((path) => {
    const other = { ...subject(), superblock: new Uint8Array(1024).fill(1) };
    expect(() => UndoFile.resume(path, other)).toThrow(refusedWith('another file system'));
  });
});

test.each([
  ['header', 40],
  ['keys', 2 * BLOCK + 20],
  ['old content', 6 * BLOCK + 1],
])('is refused when its %s was damaged', async (_what, at) => {
  await withUndo((path) => {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(() => UndoFile.resume(path, subject())).toThrow(refusedWith('is no undo file'));
  });
});
