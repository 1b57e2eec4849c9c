import { existsSync, fstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { PartialFile } from './partial-file.ts';

const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);

describe('PartialFile', () => {
  test('passes writes, zeros and gaps to a new file beside the target, of mode 0600', async () => {
    using folder = tempFolder();
    const file = new PartialFile(folder.file('a'), { letters: 'xyz' });
    expect([file.path, file.isSequential]).toEqual([folder.file('.partial-xyz'), false]);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    file.writeAt(bytes('abc'), 1);
    file.zero(4, 2);
    file.skip();
    await file.finish(8);
    expect(readFileSync(folder.file('a'), 'utf8')).toBe('\0abc\0\0\0\0');
    expect(readdirSync(folder.path)).toEqual(['a']);
  });

  test('refuses a name that another file of the folder has', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('.partial-xyz'), 'other');
    expect(() => new PartialFile(folder.file('a'), { letters: 'xyz' })).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    expect(readFileSync(folder.file('.partial-xyz'), 'utf8')).toBe('other');
  });

  test('disposing it removes it, and not the finished file', async () => {
    using folder = tempFolder();
    {
      using _file = new PartialFile(folder.file('a'), { letters: 'x' });
      expect(readdirSync(folder.path)).toEqual(['.partial-x']);
    }
    expect(readdirSync(folder.path)).toEqual([]);
    {
      using file = new PartialFile(folder.file('a'), { letters: 'x' });
      await file.finish(1);
    }
    expect(readdirSync(folder.path)).toEqual(['a']);
  });

  test('abort closes it', () => {
    using folder = tempFolder();
    const file = new PartialFile(folder.file('a'), { letters: 'x' });
    file.abort();
    expect(() => fstatSync(file.fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('abort does not throw when the folder was removed', () => {
    using folder = tempFolder();
    const file = new PartialFile(folder.file('a'), { letters: 'x' });
    rmSync(folder.path, { recursive: true });
    expect(() => file.abort()).not.toThrow();
  });

  test('a name for resuming is kept by abort; zeros over its old data are zeros', async () => {
    using folder = tempFolder();
    const resume = folder.file('a.partial');
    writeFileSync(resume, 'old', { mode: 0o600 });
    const first = new PartialFile(folder.file('a'), { letters: '', resume });
    first.abort();
    expect(readFileSync(resume, 'utf8')).toBe('old');
    const second = new PartialFile(folder.file('a'), { letters: '', resume });
    second.zero(0, 2);
    await second.finish(3);
    expect([readFileSync(folder.file('a'), 'utf8'), existsSync(resume)]).toEqual(['\0\0d', false]);
  });

  test('gives memory for direct writes where its file system has them', () => {
    using folder = tempFolder();
    using file = new PartialFile(folder.file('a'), { letters: 'x' });
    const buffer = file.buffer();
    if (buffer === undefined) return;
    file.writeAt(buffer.fill(5), 0);
    expect(readFileSync(file.path).every((byte) => byte === 5)).toBe(true);
  });
});
