import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';
import { tempFolder } from '../testing.ts';
import { openDirectFile } from './direct-file.ts';
import { isAligned, pageMemory } from './page-memory.ts';

const BYTES = Uint8Array.from({ length: 40_000 }, (_, at) => at % 251);

/** A file of BYTES, open for reading and writing; without `direct` where the file system has no direct I/O. */
function tryOpen() {
  const folder = tempFolder();
  writeFileSync(folder.file('a'), BYTES);
  const fd = openSync(folder.file('a'), 'r+');
  const direct = openDirectFile(fd);
  return {
    direct,
    path: folder.file('a'),
    [Symbol.dispose]() {
      direct?.[Symbol.dispose]();
      closeSync(fd);
      folder[Symbol.dispose]();
    },
  };
}

function opened() {
  const file = tryOpen();
  const { direct } = file;
  if (direct === undefined) throw new Error('no direct I/O in the folder for temporary files');
  return { ...file, direct };
}

function hasDirectIo(): boolean {
  using file = tryOpen();
  return file.direct?.readAt(pageMemory(4096).subarray(0, 4096), 0) === true;
}

const onDirect = hasDirectIo() ? test : test.skip;

describe('pageMemory', () => {
  test('is aligned and zero, and parts of it that begin and end at a multiple are aligned, too', () => {
    const bytes = pageMemory(70_000);
    expect(bytes.length).toBeGreaterThanOrEqual(70_000);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(isAligned(bytes, 4096)).toBe(true);
    expect(isAligned(bytes.subarray(512, 1024), 512)).toBe(true);
    expect(isAligned(bytes.subarray(512, 1024), 4096)).toBe(false);
    expect(isAligned(bytes.subarray(0, 4095), 512)).toBe(false);
    expect(isAligned(new Uint8Array(4096), 512)).toBe(false);
  });

  test('may consist of huge pages', async () => {
    const kernel = await loadKernelCalls();
    expect(kernel).toBeDefined();
    const asked: number[] = [];
    pageMemory(4 << 20, { preferHugePages: (bytes) => void asked.push(bytes.length) });
    expect(asked).toEqual([4 << 20]);
    const bytes = pageMemory(4 << 20, kernel);
    expect(bytes.fill(7)[4_000_000]).toBe(7);
  });

  test('works without huge pages', () => {
    const preferHugePages = (): never => {
      throw Object.assign(new Error('madvise: EINVAL'), { code: 'EINVAL' });
    };
    expect(isAligned(pageMemory(1, { preferHugePages }), 4096)).toBe(true);
  });
});

describe('openDirectFile', () => {
  onDirect('reads and writes aligned pieces, and cached reads return the same', () => {
    using file = opened();
    const memory = pageMemory(8192);
    expect(file.direct.readAt(memory.subarray(0, 8192), 4096)).toBe(true);
    expect(memory.subarray(0, 8192)).toEqual(BYTES.subarray(4096, 12_288));
    expect(readFileSync(file.path)).toHaveLength(BYTES.length);
    memory.fill(9);
    expect(file.direct.writeAt(memory.subarray(0, 4096), 8192)).toBe(true);
    const now = readFileSync(file.path);
    expect(now.subarray(8192, 12_288).every((byte) => byte === 9)).toBe(true);
    expect(now.subarray(12_288).equals(BYTES.subarray(12_288))).toBe(true);
    expect(now.subarray(0, 8192).equals(BYTES.subarray(0, 8192))).toBe(true);
  });

  onDirect('reads what was just written through the cache', () => {
    using file = opened();
    const fd = openSync(file.path, 'r+');
    writeFileSync(fd, new Uint8Array(4096).fill(5));
    closeSync(fd);
    const memory = pageMemory(4096).subarray(0, 4096);
    expect(file.direct.readAt(memory, 0)).toBe(true);
    expect(memory.every((byte) => byte === 5)).toBe(true);
  });

  onDirect.each([
    ['memory of any kind', new Uint8Array(4096), 0],
    ['an offset inside a sector', pageMemory(4096).subarray(0, 4096), 100],
    ['a length inside a sector', pageMemory(4096).subarray(0, 100), 0],
  ])('refuses %s and changes nothing', (_, bytes, offset) => {
    using file = opened();
    expect(file.direct.readAt(bytes, offset)).toBe(false);
    expect(file.direct.writeAt(bytes, offset)).toBe(false);
    expect(readFileSync(file.path).equals(BYTES)).toBe(true);
  });

  onDirect('refuses a read past the end of the file, and still does others', () => {
    using file = opened();
    const memory = pageMemory(8192).subarray(0, 8192);
    expect(file.direct.readAt(memory, 36_864)).toBe(false);
    expect(file.direct.readAt(memory, 65_536)).toBe(false);
    expect(file.direct.readAt(memory, 0)).toBe(true);
  });

  test('a file that cannot be opened for writing has no direct I/O', () => {
    expect(openDirectFile(-1)).toBeUndefined();
  });

  test('a file system without direct I/O is not an error', () => {
    const folder = mkdtempSync(join('/dev/shm', 'direct-'));
    try {
      writeFileSync(join(folder, 'a'), BYTES);
      const fd = openSync(join(folder, 'a'), 'r+');
      using direct = openDirectFile(fd);
      const memory = pageMemory(4096).subarray(0, 4096);
      // tmpfs has direct I/O since Linux 6.6; before, it refuses to open the file.
      expect([true, undefined]).toContain(direct?.readAt(memory, 0));
      closeSync(fd);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
