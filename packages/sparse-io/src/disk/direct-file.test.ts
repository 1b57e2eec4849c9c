import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';
import { tempFolder } from '../testing.ts';
import { openDirectFile } from './direct-file.ts';
import { isAligned, pageMemory } from './page-memory.ts';

const BYTES = Uint8Array.from({ length: 40_000 }, (_, at) => at % 251);

/** A file of BYTES, open for reading and writing; without `direct` where the file system knows no such thing. */
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
  test('are zeros that are aligned, and so are pieces of them that begin and end at a multiple', () => {
    const bytes = pageMemory(70_000);
    expect(bytes.length).toBeGreaterThanOrEqual(70_000);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(isAligned(bytes, 4096)).toBe(true);
    expect(isAligned(bytes.subarray(512, 1024), 512)).toBe(true);
    expect(isAligned(bytes.subarray(512, 1024), 4096)).toBe(false);
    expect(isAligned(bytes.subarray(0, 4095), 512)).toBe(false);
    expect(isAligned(new Uint8Array(4096), 512)).toBe(false);
  });

  test('may lie on huge pages', async () => {
    const kernel = await loadKernelCalls();
    expect(kernel).toBeDefined();
    const asked: number[] = [];
    pageMemory(4 << 20, { preferHugePages: (bytes) => void asked.push(bytes.length) });
    expect(asked).toEqual([4 << 20]);
    const bytes = pageMemory(4 << 20, kernel);
    expect(bytes.fill(7)[4_000_000]).toBe(7);
  });

  test('do without huge pages where the kernel has none', () => {
    const preferHugePages = (): never => {
      throw Object.assign(new Error('madvise: EINVAL'), { code: 'EINVAL' });
    };
    expect(isAligned(pageMemory(1, { preferHugePages }), 4096)).toBe(true);
  });
});

describe('openDirectFile', () => {
  onDirect('reads and writes what is aligned, and the cache agrees', () => {
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

  onDirect('sees what was written through the cache a moment ago', () => {
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
  ])('leaves %s to the cache, untouched', (_, bytes, offset) => {
    using file = opened();
    expect(file.direct.readAt(bytes, offset)).toBe(false);
    expect(file.direct.writeAt(bytes, offset)).toBe(false);
    expect(readFileSync(file.path).equals(BYTES)).toBe(true);
  });

  onDirect('leaves a read beyond the end to the cache, and still does those that are not', () => {
    using file = opened();
    const memory = pageMemory(8192).subarray(0, 8192);
    expect(file.direct.readAt(memory, 36_864)).toBe(false);
    expect(file.direct.readAt(memory, 65_536)).toBe(false);
    expect(file.direct.readAt(memory, 0)).toBe(true);
  });

  test('there is none where the file cannot be opened for writing', () => {
    expect(openDirectFile(-1)).toBeUndefined();
  });

  test('a file system that only takes other alignments, or none, is asked no more', () => {
    const folder = mkdtempSync(join('/dev/shm', 'direct-'));
    try {
      writeFileSync(join(folder, 'a'), BYTES);
      const fd = openSync(join(folder, 'a'), 'r+');
      using direct = openDirectFile(fd);
      const memory = pageMemory(4096).subarray(0, 4096);
      // tmpfs takes direct I/O since Linux 6.6, and refuses to open the file before.
      expect([true, undefined]).toContain(direct?.readAt(memory, 0));
      closeSync(fd);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
