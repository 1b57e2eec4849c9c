import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { readFully, readOnce } from './read-fully.ts';

/** A file of which one read returns some 4 KiB, however many are requested. */
const PIECEMEAL = '/proc/kallsyms';

describe('readFully', () => {
  test('fills the buffer from any offset', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'hello world');
    const fd = openSync(folder.file('a'), 'r');
    const into = new Uint8Array(5);
    readFully(fd, into, 6);
    readFully(fd, new Uint8Array(0), 100);
    expect(new TextDecoder().decode(into)).toBe('world');
    closeSync(fd);
  });

  (existsSync(PIECEMEAL) ? test : test.skip)('continues after reads that return fewer bytes', () => {
    const fd = openSync(PIECEMEAL, 'r');
    const into = new Uint8Array(20_000);
    expect(readOnce(fd, into, 0)).toBeLessThan(into.length);
    readFully(fd, into.fill(0), 0);
    closeSync(fd);
    expect(readFileSync(PIECEMEAL).subarray(0, into.length).equals(into)).toBe(true);
  });

  test('reports the first missing byte at the end of the file', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    const fd = openSync(folder.file('a'), 'r');
    const into = new Uint8Array(5);
    expect(() => readFully(fd, into, 1)).toThrow(
      expect.objectContaining({
        code: 'SPARSE_SHORT_READ',
        message: 'the source ends at byte 3',
        detail: { offset: 3, length: 3 },
      }),
    );
    expect([...into]).toEqual([98, 99, 0, 0, 0]);
    closeSync(fd);
  });

  test('an error of the system carries its offset', () => {
    expect(() => readFully(-1, new Uint8Array(1), 7)).toThrow();
    using folder = tempFolder();
    const fd = openSync(folder.path, 'r');
    expect(() => readFully(fd, new Uint8Array(1), 7)).toThrow(expect.objectContaining({ code: 'EISDIR', offset: 7 }));
    closeSync(fd);
  });
});

test('readOnce returns 0 at the end of the file', () => {
  using folder = tempFolder();
  writeFileSync(folder.file('a'), 'abc');
  const fd = openSync(folder.file('a'), 'r');
  expect([readOnce(fd, new Uint8Array(5), 1), readOnce(fd, new Uint8Array(5), 3)]).toEqual([2, 0]);
  closeSync(fd);
});
