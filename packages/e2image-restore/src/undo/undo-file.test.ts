import { crc32c } from '@e2image/ext-core/structures';
import { faultySource, memorySource } from '@e2image/sparse-io/testing';
import { type MemoryUndo, memoryUndo } from '../testing/memory-undo.ts';
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

const bytesOf = ({ bytes }: MemoryUndo): Uint8Array => {
  if (bytes === undefined) throw new Error('no undo file');
  return bytes;
};
const headerOf = (undo: MemoryUndo): UndoHeader =>
  readUndoHeader(bytesOf(undo).subarray(0, UNDO_HEADER_SIZE), (bytes) => crc32c(0xffff_ffff, bytes));
const copyOf = (undo: MemoryUndo): Uint8Array => disguise(bytesOf(undo).subarray(BLOCK, 2 * BLOCK));

/** An undo file of both runs. */
async function made(): Promise<MemoryUndo> {
  const undo = memoryUndo();
  (await UndoFile.create(undo, subject(...BOTH)))[Symbol.dispose]();
  return undo;
}

const refusedWith = (message: string) =>
  expect.objectContaining({ code: 'RESTORE_UNDO_EXISTS', message: expect.stringContaining(message) });

test('holds the old content of the blocks, and the superblock that the device has', async () => {
  const undo = await made();
  const bytes = bytesOf(undo);
  expect(bytes.subarray(3 * BLOCK, 5 * BLOCK)).toEqual(device.subarray(3 * BLOCK, 5 * BLOCK));
  expect(bytes.subarray(5 * BLOCK, 9 * BLOCK)).toEqual(device.subarray(20 * BLOCK, 24 * BLOCK));
  expect(copyOf(undo)).toEqual(superblock);
  expect(headerOf(undo)).toMatchObject({ keyCount: 2, isFinished: false, unitSize: BLOCK, superblockAt: 1 });
});

test('does not exist when the old content cannot be saved', async () => {
  const undo = memoryUndo();
  const broken = faultySource(memorySource(device), { at: [{ offset: 20 * BLOCK, length: 1 }] });
  await expect(UndoFile.create(undo, { ...subject(...BOTH), device: broken })).rejects.toMatchObject({ code: 'EIO' });
  expect(undo.exists()).toBe(false);
});

test('an incomplete file is removed when a signal ends the program, a complete one is not', async () => {
  const undo = memoryUndo();
  const log: string[] = [];
  const protect = (_cleanup: () => void) => {
    log.push(`protected, file exists: ${undo.exists()}`);
    return { [Symbol.dispose]: () => void log.push(`no longer protected, file exists: ${undo.exists()}`) };
  };
  await UndoFile.create(undo, subject(...BOTH), protect);
  expect(log).toEqual(['protected, file exists: false', 'no longer protected, file exists: true']);
});

test('records the superblock to come, and the end; both are durable', async () => {
  const undo = await made();
  using file = UndoFile.resume(undo, subject({ start: 20, count: 2 }));
  await file.expectSuperblock(wantedSuperblock);
  expect(copyOf(undo)).toEqual(wantedSuperblock);
  expect(headerOf(undo)).toMatchObject({ isFinished: false, superblockCrc: crc32c(0xffff_ffff, wantedSuperblock) });
  expect(undo.syncs).toBe(1);
  await file.finish();
  expect(headerOf(undo).isFinished).toBe(true);
  expect(undo.syncs).toBe(2);
});

test('is continued by a restore that has less left to do, with either superblock', async () => {
  const undo = await made();
  const file = UndoFile.resume(undo, subject({ start: 4, count: 1 }));
  await file.expectSuperblock(wantedSuperblock);
  file[Symbol.dispose]();
  UndoFile.resume(undo, subject())[Symbol.dispose]();
  expect(undo.openCount).toBe(0);
});

test('is refused when it lacks a block', async () => {
  const undo = await made();
  expect(() => UndoFile.resume(undo, subject({ start: 4, count: 2 }))).toThrow(refusedWith('lacks block 5'));
  expect(() => UndoFile.resume(undo, subject({ start: 30, count: 1 }))).toThrow(refusedWith('lacks block 30'));
  expect(undo.openCount).toBe(0);
});

test('is refused when its restore is finished and there is something to do again', async () => {
  const undo = await made();
  const file = UndoFile.resume(undo, subject());
  await file.finish();
  file[Symbol.dispose]();
  expect(() => UndoFile.resume(undo, subject({ start: 3, count: 1 }))).toThrow(refusedWith('earlier restore'));
  UndoFile.resume(undo, subject())[Symbol.dispose]();
});

test('is refused when it is of another device, or of other blocks', async () => {
  const undo = await made();
  const other = { ...subject(), superblock: new Uint8Array(1024).fill(1) };
  expect(() => UndoFile.resume(undo, other)).toThrow(refusedWith('another file system'));
  expect(() => UndoFile.resume(undo, { ...subject(), blockSize: 2048 })).toThrow(refusedWith('another file system'));
});

test.each([
  ['header', 40],
  ['keys', 2 * BLOCK + 20],
  ['old content', 6 * BLOCK + 1],
])('is refused when its %s was damaged', async (_what, at) => {
  const undo = await made();
  const bytes = bytesOf(undo);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  expect(() => UndoFile.resume(undo, subject())).toThrow(refusedWith('is not an undo file'));
});
