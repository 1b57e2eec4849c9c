import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { injectedError, tempFolder } from '../testing.ts';
import { alignedTransfers, openDirectFile } from './direct-file.ts';
import { pageMemory } from './page-memory.ts';

const BYTES = Uint8Array.from({ length: 40_000 }, (_, at) => at % 251);

/** A file of BYTES, open for reading and writing; without `direct` where the file system has no direct I/O. */
function tryOpen() {
  const folder = tempFolder();
  writeFileSync(folder.file('a'), BYTES);
  const fd = openSync(folder.file('a'), 'r+');
  const direct = openDirectFile(fd);
  return {
    direct,
    fd,
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

describe('alignedTransfers', () => {
  const memory = pageMemory(16_384);
  const PAGES = memory.subarray(0, 8192);
  const SECTORS = memory.subarray(512, 1536);

  /** A call that gives the results in turn: bytes moved, or the code of an error. */
  function scripted(...results: readonly (number | string)[]) {
    const asked: number[] = [];
    const left = [...results];
    const call = (done: number): number => {
      asked.push(done);
      const result = left.shift() ?? 0;
      if (typeof result === 'string') throw injectedError(result, 'read');
      return result;
    };
    return { asked, call };
  }

  test('continue until all bytes are moved, also after EINTR', () => {
    const { asked, call } = scripted(4096, 'EINTR', 512, 3584);
    expect([alignedTransfers()(PAGES, 0, call), asked]).toEqual([true, [0, 4096, 4096, 4608]]);
  });

  test('are given up where no byte is moved', () => {
    const { asked, call } = scripted(4096, 0);
    expect([alignedTransfers()(PAGES, 0, call), asked]).toEqual([false, [0, 4096]]);
  });

  test('throw any other error, with its offset', () => {
    const { call } = scripted(512, 'EIO');
    expect(() => alignedTransfers()(PAGES, 4096, call)).toThrow(expect.objectContaining({ code: 'EIO', offset: 4608 }));
  });

  test.each(['EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS'])(
    '%s of sectors: from then on only pages are tried',
    (code) => {
      const transfer = alignedTransfers();
      expect(transfer(SECTORS, 512, scripted(code).call)).toBe(false);
      const { asked, call } = scripted(8192, 8192, 8192);
      expect([transfer(SECTORS, 512, call), transfer(PAGES, 512, call), transfer(SECTORS, 4096, call), asked]).toEqual([
        false,
        false,
        false,
        [],
      ]);
      expect([transfer(PAGES, 4096, call), asked]).toEqual([true, [0]]);
    },
  );

  test.each([
    ['at an offset of sectors', PAGES, 512],
    ['of a length of sectors', memory.subarray(0, 4608), 4096],
  ])('a refusal %s is not one of pages', (_, bytes, offset) => {
    const transfer = alignedTransfers();
    expect(transfer(bytes, offset, scripted('EINVAL').call)).toBe(false);
    expect(transfer(PAGES, 0, scripted(8192).call)).toBe(true);
  });

  test('after a refusal of pages nothing is tried', () => {
    const transfer = alignedTransfers();
    expect(transfer(PAGES, 4096, scripted('EINVAL').call)).toBe(false);
    const { asked, call } = scripted(8192);
    expect([transfer(PAGES, 0, call), asked]).toEqual([false, []]);
  });

  test('a refusal after a transfer that ended inside a page teaches nothing', () => {
    const transfer = alignedTransfers();
    expect(transfer(PAGES, 0, scripted(512, 'EINVAL').call)).toBe(false);
    expect(transfer(SECTORS, 512, scripted(1024).call)).toBe(true);
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

  test('closes its own descriptor, and not that of the caller', () => {
    using file = tryOpen();
    const before = readdirSync('/proc/self/fd').length;
    openDirectFile(file.fd)?.[Symbol.dispose]();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
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
