import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '@e2image/sparse-io/testing';
import { createSideFile, defaultJournal, openSideFile } from './side-file.ts';

let folder: ReturnType<typeof tempFolder>;
beforeEach(() => {
  folder = tempFolder();
});
afterEach(() => folder[Symbol.dispose]());
const path = (name: string): string => join(folder.path, name);
const codeIs = (code: string) => expect.objectContaining({ code });

test('the default file is beside the image, after following links', () => {
  writeFileSync(path('image'), '');
  symlinkSync('image', path('link'));
  expect(defaultJournal(path('link'))).toBe(`${realpathSync(path('image'))}.e2move`);
});

describe('createSideFile', () => {
  test('makes a private file with all of its space', () => {
    using file = createSideFile(path('record'), 10_000, undefined);
    const { size, mode, blocks } = statSync(path('record'));
    expect([file.size, size, mode & 0o777]).toEqual([10_000, 10_000, 0o600]);
    expect(blocks * 512).toBeGreaterThanOrEqual(10_000);
  });

  test('refuses a file that exists, and leaves it alone', () => {
    writeFileSync(path('record'), 'mine');
    expect(() => createSideFile(path('record'), 10, undefined)).toThrow(codeIs('MOVE_JOURNAL_EXISTS'));
    expect(readFileSync(path('record'), 'latin1')).toBe('mine');
  });

  test('does not follow a symbolic link', () => {
    symlinkSync('victim', path('record'));
    expect(() => createSideFile(path('record'), 10, undefined)).toThrow(codeIs('MOVE_JOURNAL_EXISTS'));
    expect(existsSync(path('victim'))).toBe(false);
  });

  test('leaves no file when space cannot be reserved', () => {
    const kernel = {
      allocate: () => {
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      },
    };
    // The other calls are not used here.
    const calls = Object.assign(Object.create(null), kernel);
    expect(() => createSideFile(path('record'), 10, calls)).toThrow('ENOSPC');
    expect(existsSync(path('record'))).toBe(false);
  });

  test('remove deletes the file', () => {
    using file = createSideFile(path('record'), 10, undefined);
    file.remove();
    expect(existsSync(path('record'))).toBe(false);
  });
});

describe('openSideFile', () => {
  test('gives the bytes that were written', () => {
    {
      using file = createSideFile(path('record'), 1024, undefined);
      file.storage.writeAt(Uint8Array.of(1, 2, 3), 512);
    }
    using file = openSideFile(path('record'));
    const bytes = new Uint8Array(4);
    file.storage.readAt(bytes, 511);
    expect([file.size, ...bytes]).toEqual([1024, 0, 1, 2, 3]);
  });

  test('says that nothing can be resumed where no file exists', () => {
    expect(() => openSideFile(path('record'))).toThrow(codeIs('MOVE_NOTHING_TO_RESUME'));
  });

  test('does not follow a symbolic link', () => {
    writeFileSync(path('other'), 'x');
    symlinkSync('other', path('record'));
    expect(() => openSideFile(path('record'))).toThrow(codeIs('ELOOP'));
  });

  test('refuses a folder', () => {
    expect(() => openSideFile(folder.path)).toThrow(codeIs('EISDIR'));
  });

  test('may be open in this process, which is not another run', () => {
    writeFileSync(path('record'), 'x');
    chmodSync(path('record'), 0o600);
    const fd = openSync(path('record'), 'r');
    expect(() => openSideFile(path('record'))[Symbol.dispose]()).not.toThrow();
    closeSync(fd);
  });
});
