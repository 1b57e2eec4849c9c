import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { loadKernelCalls } from '../kernel/kernel-calls.ts';
import { tempFolder } from '../testing.ts';
import { type OutputOptions, openOutput } from './open-output.ts';

const isRoot = process.getuid?.() === 0;
const text = (path: string): string => readFileSync(path, 'utf8');
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);

/** Open, write, finish. */
async function writeTo(path: string, words: string, options: OutputOptions = {}) {
  const output = await openOutput(path, options);
  output.sink.writeAt(bytes(words), 0);
  await output.sink.finish(words.length);
  return output;
}

describe('a new file', () => {
  test.each([
    ['', 'ENOENT'],
    ['no-file/', 'EISDIR'],
  ])('cannot have the name %j, which is refused before anything is written', async (name, code) => {
    await expect(openOutput(name)).rejects.toMatchObject({ code });
  });

  test('gets its name only when it is complete', async () => {
    using folder = tempFolder();
    const { sink, kind, existed, partialPath } = await openOutput(folder.file('a'), { letters: () => 'abc' });
    sink.writeAt(bytes('half'), 0);
    expect(readdirSync(folder.path)).toEqual(['.partial-abc']);
    expect([kind, existed, partialPath]).toEqual(['partial-file', false, folder.file('.partial-abc')]);
    await sink.finish(4);
    expect(readdirSync(folder.path)).toEqual(['a']);
    expect(text(folder.file('a'))).toBe('half');
  });

  test('has mode 0600, less the umask', async () => {
    using folder = tempFolder();
    await writeTo(folder.file('a'), 'x');
    expect(statSync(folder.file('a')).mode & 0o777).toBe(0o600);
  });

  test('abort leaves no file; it may be called twice, and after finish it does nothing', async () => {
    using folder = tempFolder();
    const { sink } = await openOutput(folder.file('a'));
    sink.abort();
    sink.abort();
    expect(readdirSync(folder.path)).toEqual([]);
    const { sink: done } = await writeTo(folder.file('b'), 'x');
    done.abort();
    expect(readdirSync(folder.path)).toEqual(['b']);
  });

  test('abort while finish waits for the disk leaves no file', async () => {
    using folder = tempFolder();
    const { sink } = await openOutput(folder.file('a'));
    sink.writeAt(bytes('x'), 0);
    const finishing = sink.finish(1).catch(() => undefined);
    sink.abort();
    await finishing;
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('zeros and skipped ranges are holes, and the size is exact', async () => {
    using folder = tempFolder();
    const { sink } = await openOutput(folder.file('a'));
    sink.zero(0, 2 ** 40);
    sink.writeAt(bytes('end'), 2 ** 40);
    sink.skip(2 ** 40 + 3, 2 ** 40);
    await sink.finish(2 ** 41 + 5);
    const { size, blocks } = statSync(folder.file('a'));
    expect([size, blocks * 512 <= 8192]).toEqual([2 ** 41 + 5, true]);
  });

  test('a folder that does not exist is an error of the system', async () => {
    using folder = tempFolder();
    await expect(openOutput(folder.file('no/a'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a name that is too long is refused at once, not when all is written', async () => {
    using folder = tempFolder();
    await expect(openOutput(folder.file('n'.repeat(256)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('a name of the longest allowed length works', async () => {
    using folder = tempFolder();
    const name = 'n'.repeat(255);
    await writeTo(folder.file(name), 'x');
    expect(readdirSync(folder.path)).toEqual([name]);
  });
});

describe('an existing file', () => {
  test('is unchanged until the new one is complete, and keeps its mode', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'the old and longer text');
    chmodSync(folder.file('a'), 0o4641);
    const { sink, existed } = await openOutput(folder.file('a'));
    sink.writeAt(bytes('new'), 0);
    expect(text(folder.file('a'))).toBe('the old and longer text');
    await sink.finish(3);
    expect([text(folder.file('a')), existed, statSync(folder.file('a')).mode & 0o7777]).toEqual(['new', true, 0o641]);
  });

  test('abort leaves it unchanged', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old');
    const { ino } = statSync(folder.file('a'));
    const { sink } = await openOutput(folder.file('a'));
    sink.writeAt(bytes('new'), 0);
    sink.abort();
    expect([text(folder.file('a')), statSync(folder.file('a')).ino, readdirSync(folder.path)]).toEqual([
      'old',
      ino,
      ['a'],
    ]);
  });

  (isRoot ? test : test.skip)('keeps its owner (needs root)', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old');
    chownSync(folder.file('a'), 1234, 2345);
    await writeTo(folder.file('a'), 'new');
    expect(statSync(folder.file('a'))).toMatchObject({ uid: 1234, gid: 2345 });
  });

  test('keeps its extended attributes', async () => {
    const kernel = await loadKernelCalls();
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old');
    const old = await openOutput(folder.file('a'), { keepContents: true });
    kernel?.setAttribute(old.fd ?? -1, 'user.colour', bytes('blue'));
    old.sink.abort();
    await writeTo(folder.file('a'), 'new');
    const now = await openOutput(folder.file('a'), { keepContents: true });
    expect(kernel?.listAttributes(now.fd ?? -1)).toContain('user.colour');
    expect(kernel?.getAttribute(now.fd ?? -1, 'user.colour')).toEqual(bytes('blue'));
    now.sink.abort();
  });

  test('that symbolic links lead to is replaced; the links stay', async () => {
    using folder = tempFolder();
    mkdirSync(folder.file('d'));
    writeFileSync(folder.file('d/real'), 'old');
    symlinkSync('d/real', folder.file('one'));
    symlinkSync(folder.file('one'), folder.file('two'));
    await writeTo(folder.file('two'), 'new');
    expect([text(folder.file('d/real')), readlinkSync(folder.file('one')), readdirSync(folder.file('d'))]).toEqual([
      'new',
      'd/real',
      ['real'],
    ]);
  });

  test('through a link to no file the named file is made; a cycle of links is refused', async () => {
    using folder = tempFolder();
    symlinkSync('later', folder.file('a'));
    await writeTo(folder.file('a'), 'x');
    expect(text(folder.file('later'))).toBe('x');
    symlinkSync('c', folder.file('b'));
    symlinkSync('b', folder.file('c'));
    await expect(openOutput(folder.file('b'))).rejects.toMatchObject({ code: 'ELOOP' });
  });

  test('with several names is written in place, and emptied first', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old and long');
    linkSync(folder.file('a'), folder.file('b'));
    const { kind, inPlaceReason } = await writeTo(folder.file('a'), 'new');
    expect([kind, inPlaceReason, text(folder.file('b'))]).toEqual(['in-place', 'hard-links', 'new']);
  });

  test('written in place has zeros in gaps and zeroed ranges', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old and long');
    linkSync(folder.file('a'), folder.file('b'));
    const { sink } = await openOutput(folder.file('a'));
    sink.zero(0, 2);
    sink.writeAt(bytes('x'), 4);
    await sink.finish(6);
    expect(text(folder.file('a'))).toBe('\0\0\0\0x\0');
  });

  test('that is kept is written in place: skipped bytes stay, zeros are zeros', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), '0123456789');
    // The option `hole` must not mean here that existing data stays.
    const options = { keepContents: true, keepTail: true, zero: 'hole' } as const;
    const { sink, kind, inPlaceReason } = await openOutput(folder.file('a'), options);
    sink.writeAt(bytes('AB'), 1);
    sink.zero(4, 2);
    sink.skip(6, 2);
    await sink.finish(8);
    expect([kind, inPlaceReason, text(folder.file('a'))]).toEqual(['in-place', 'kept', '0AB3\0\x006789']);
  });

  test('that is kept is truncated to the size without keepTail', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), '0123456789');
    await writeTo(folder.file('a'), 'AB', { keepContents: true });
    expect(text(folder.file('a'))).toBe('AB');
  });

  test('a folder is refused', async () => {
    using folder = tempFolder();
    await expect(openOutput(folder.path)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  test('with the method `write` zeros are allocated', async () => {
    using folder = tempFolder();
    const { sink } = await openOutput(folder.file('a'), { zero: 'write' });
    sink.zero(0, 2 ** 20);
    await sink.finish(2 ** 20);
    expect(statSync(folder.file('a')).blocks * 512).toBeGreaterThanOrEqual(2 ** 20);
  });
});

describe('a partial file with a name of its own', () => {
  test('is kept by abort and continued by the next run', async () => {
    using folder = tempFolder();
    const partialPath = folder.file('a.partial');
    const first = await openOutput(folder.file('a'), { partialPath });
    first.sink.writeAt(bytes('one'), 0);
    first.sink.abort();
    expect(text(partialPath)).toBe('one');
    const second = await openOutput(folder.file('a'), { partialPath });
    second.sink.writeAt(bytes('two'), 3);
    second.sink.zero(0, 1);
    await second.sink.finish(6);
    expect([text(folder.file('a')), existsSync(partialPath)]).toEqual(['\0netwo', false]);
  });

  test('is not written through a link', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('victim'), 'precious');
    symlinkSync('victim', folder.file('a.partial'));
    await expect(openOutput(folder.file('a'), { partialPath: folder.file('a.partial') })).rejects.toMatchObject({
      code: 'ELOOP',
    });
    expect(text(folder.file('victim'))).toBe('precious');
  });

  test('is not written where it has another name, is not a file, or belongs to another user', async () => {
    using folder = tempFolder();
    const before = readdirSync('/proc/self/fd').length;
    const resume = (name: string) => openOutput(folder.file('a'), { partialPath: folder.file(name) });
    writeFileSync(folder.file('victim'), 'precious');
    linkSync(folder.file('victim'), folder.file('linked'));
    await expect(resume('linked')).rejects.toMatchObject({ code: 'SPARSE_NOT_OURS' });
    execFileSync('mkfifo', [folder.file('fifo')]);
    await expect(resume('fifo')).rejects.toMatchObject({ code: 'SPARSE_NOT_OURS' });
    if (isRoot) {
      writeFileSync(folder.file('foreign'), '');
      chownSync(folder.file('foreign'), 1234, 1234);
      await expect(resume('foreign')).rejects.toMatchObject({ code: 'SPARSE_NOT_OURS' });
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    expect(text(folder.file('victim'))).toBe('precious');
  });
});

describe('special targets', () => {
  test('/dev/null accepts everything and costs nothing', async () => {
    const { sink, kind } = await openOutput('/dev/null');
    sink.writeAt(bytes('x'), 2 ** 40);
    sink.zero(2 ** 41, 2 ** 44);
    await sink.finish(2 ** 45);
    expect(kind).toBe('null-device');
  });
});
