import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstDifference } from './compare.ts';

const GIB = 2 ** 30;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A sparse file with one byte at each place. */
function fileWith(name: string, size: number, places: readonly number[], byte = 1): string {
  const path = join(folder, name);
  const fd = openSync(path, 'w');
  for (const at of places) writeSync(fd, Uint8Array.of(byte), 0, 1, at);
  ftruncateSync(fd, size);
  closeSync(fd);
  return path;
}

test('equal files are equal wherever their holes are', async () => {
  const left = fileWith('left', 8 * GIB, [0, 5 * GIB + 7]);
  const right = fileWith('right', 8 * GIB, [0, 5 * GIB + 7]);
  // Zeros written where the other has a hole.
  fileWith('zeros', 8 * GIB, [GIB], 0);
  expect(await firstDifference(left, right)).toBeUndefined();
  expect(await firstDifference(join(folder, 'zeros'), fileWith('hole', 8 * GIB, []))).toBeUndefined();
});

test('the first byte that differs is reported, also where one file has a hole', async () => {
  const left = fileWith('left', 8 * GIB, [0, 5 * GIB + 7]);
  expect(await firstDifference(left, fileWith('right', 8 * GIB, [0]))).toBe(5 * GIB + 7);
  expect(await firstDifference(fileWith('right', 8 * GIB, [0]), left)).toBe(5 * GIB + 7);
  expect(await firstDifference(left, fileWith('other', 8 * GIB, [0, 5 * GIB + 7], 2))).toBe(0);
});

test('a longer file differs where the shorter one ends', async () => {
  expect(await firstDifference(fileWith('left', GIB, []), fileWith('right', GIB + 1, []))).toBe(GIB);
});
