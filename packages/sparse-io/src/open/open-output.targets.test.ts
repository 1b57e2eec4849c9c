import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isatty } from 'node:tty';
import type { KernelCalls } from '../kernel/kernel-calls.ts';
import { injectedError, tempFolder } from '../testing.ts';
import { openOutput, openStandardOutput } from './open-output.ts';

const onRoot = process.getuid?.() === 0 ? test : test.skip;
const text = (path: string): string => readFileSync(path, 'utf8');
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);
/** Kernel calls that are absent, and a count of how often they were asked for. */
function noKernel() {
  const asked = { count: 0 };
  const loadKernel = async (): Promise<KernelCalls | undefined> => {
    asked.count++;
    return undefined;
  };
  return { asked, loadKernel };
}

const isClosed = (fd: number): boolean => {
  try {
    fstatSync(fd);
    return false;
  } catch {
    return true;
  }
};

/** Run as user 1234, in a folder: its parents may be closed to that user, so paths must be relative to it. */
async function asOtherUser<T>(folder: string, run: () => Promise<T>): Promise<T> {
  if (process.seteuid === undefined) throw new Error('no effective user');
  const before = process.cwd();
  process.chdir(folder);
  process.seteuid(1234);
  try {
    return await run();
  } finally {
    process.seteuid(0);
    process.chdir(before);
  }
}

describe('a stream', () => {
  test('a FIFO gets the bytes in order, and is closed at the end', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const reader = openSync(folder.file('p'), constants.O_RDWR);
    const before = readdirSync('/proc/self/fd').length;
    const { sink, ...output } = await openOutput(folder.file('p'));
    expect(output).toEqual({ kind: 'stream', existed: true, isTerminal: false });
    expect(sink.isSequential).toBe(true);
    sink.writeAt(bytes('ab'), 1);
    await sink.finish(4);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    const into = new Uint8Array(8);
    expect([readSync(reader, into), ...into.subarray(0, 4)]).toEqual([4, 0, 97, 98, 0]);
    closeSync(reader);
  });

  test('a FIFO asks for the kernel calls, an open file does not', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const reader = openSync(folder.file('p'), constants.O_RDWR);
    const { asked, loadKernel } = noKernel();
    const { sink } = await openOutput(folder.file('p'), { loadKernel });
    expect([asked.count, sink.transferFrom]).toEqual([1, undefined]);
    sink.abort();
    const fd = openSync(folder.file('a'), 'w');
    await openOutput(`/dev/fd/${fd}`, { loadKernel });
    expect(asked.count).toBe(1);
    closeSync(fd);
    closeSync(reader);
  });

  test('is opened, and closed again when it cannot be used', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const reader = openSync(folder.file('p'), constants.O_RDWR);
    const before = readdirSync('/proc/self/fd').length;
    const loadKernel = async (): Promise<never> => {
      throw new Error('broken');
    };
    await expect(openOutput(folder.file('p'), { loadKernel })).rejects.toThrow('broken');
    expect(readdirSync('/proc/self/fd').length).toBe(before);
    closeSync(reader);
  });

  test('an open descriptor is written from its position on, and stays open', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'before ');
    const fd = openSync(folder.file('a'), 'a');
    const { sink, kind } = await openOutput(`/dev/fd/${fd}`);
    sink.writeAt(bytes('after'), 0);
    await sink.finish(5);
    expect([kind, text(folder.file('a')), isClosed(fd)]).toEqual(['stream', 'before after', false]);
    closeSync(fd);
  });

  test('standard output is a stream, and stays open', async () => {
    const { sink, ...output } = await openStandardOutput(noKernel());
    sink.abort();
    expect(output).toEqual({ kind: 'stream', existed: true, isTerminal: isatty(1) });
    expect(isClosed(1)).toBe(false);
  });

  test('a terminal is reported', async () => {
    let fd: number;
    try {
      fd = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
    } catch {
      return;
    }
    expect(await openOutput(`/dev/fd/${fd}`)).toMatchObject({ kind: 'stream', isTerminal: isatty(fd) });
    closeSync(fd);
  });

  test('a character device other than /dev/null gets every byte', async () => {
    const { sink, kind } = await openOutput('/dev/full');
    expect(kind).toBe('stream');
    expect(() => sink.zero(0, 1)).toThrow(expect.objectContaining({ code: 'ENOSPC' }));
    sink.abort();
  });

  test('/dev/null exists, is not a terminal, and has a descriptor', async () => {
    const { sink, ...output } = await openOutput('/dev/null');
    expect(output).toEqual({ kind: 'null-device', existed: true, isTerminal: false, fd: expect.any(Number) });
    sink.abort();
    expect(isClosed(output.fd ?? -1)).toBe(true);
  });
});

describe('what is known of an output', () => {
  test('of a new file', async () => {
    using folder = tempFolder();
    const { asked, loadKernel } = noKernel();
    const { sink, ...output } = await openOutput(folder.file('a'), { letters: () => 'abc', loadKernel });
    expect(output).toEqual({
      kind: 'partial-file',
      existed: false,
      isTerminal: false,
      fd: expect.any(Number),
      partialPath: folder.file('.partial-abc'),
    });
    expect([asked.count, statSync(`/proc/self/fd/${output.fd}`).ino]).toEqual([
      0,
      statSync(output.partialPath ?? '').ino,
    ]);
    sink.abort();
  });

  test('of one that replaces a file, for whose attributes it asks for the kernel calls', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old');
    const { asked, loadKernel } = noKernel();
    const { sink, kind, existed, partialPath } = await openOutput(folder.file('a'), { loadKernel });
    expect([kind, existed, asked.count]).toEqual(['partial-file', true, 1]);
    expect(partialPath?.replace(folder.path, '')).toMatch(/^\/\.partial-[a-z]{10}$/);
    sink.abort();
  });

  test('of a file that is kept', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old');
    const { asked, loadKernel } = noKernel();
    const { sink, ...output } = await openOutput(folder.file('a'), { keepContents: true, loadKernel });
    expect(output).toEqual({
      kind: 'in-place',
      existed: true,
      isTerminal: false,
      inPlaceReason: 'kept',
      fd: expect.any(Number),
    });
    expect(asked.count).toBe(1);
    sink.abort();
    expect([text(folder.file('a')), isClosed(output.fd ?? -1)]).toEqual(['old', true]);
  });

  test('a partial file that is continued asks for the kernel calls, to punch', async () => {
    using folder = tempFolder();
    const { asked, loadKernel } = noKernel();
    const { sink } = await openOutput(folder.file('a'), { partialPath: folder.file('p'), loadKernel });
    expect(asked.count).toBe(1);
    sink.abort();
  });

  test('keepTail does nothing without keepContents', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'long');
    execFileSync('ln', [folder.file('a'), folder.file('b')]);
    const { sink } = await openOutput(folder.file('a'), { keepTail: true });
    await sink.finish(0);
    expect(text(folder.file('a'))).toBe('');
  });
});

describe('where the folder allows no partial file (needs root)', () => {
  onRoot.each([
    ['it may not be written', 0o755],
    ['it does not allow to replace the file of another user', 0o1777],
  ])('because %s, the file is emptied and written in place', async (_, mode) => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o755);
    mkdirSync(folder.file('d'));
    chmodSync(folder.file('d'), mode);
    writeFileSync(folder.file('d/a'), 'old and long');
    chmodSync(folder.file('d/a'), 0o666);
    chownSync(folder.file('d/a'), 1235, 1235);
    const { kind, inPlaceReason, sink } = await asOtherUser(folder.path, () => openOutput('d/a'));
    expect([kind, inPlaceReason, text(folder.file('d/a'))]).toEqual(['in-place', 'folder', '']);
    sink.writeAt(bytes('new'), 0);
    await sink.finish(3);
    expect([text(folder.file('d/a')), readdirSync(folder.file('d'))]).toEqual(['new', ['a']]);
  });

  onRoot.each([
    ['the file', 1235, 1234],
    ['the folder', 1234, 1235],
  ])('a sticky bit allows the owner of %s to replace it', async (_, folderOwner, fileOwner) => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o755);
    mkdirSync(folder.file('d'));
    chmodSync(folder.file('d'), 0o1777);
    chownSync(folder.file('d'), folderOwner, folderOwner);
    writeFileSync(folder.file('d/a'), 'old');
    chmodSync(folder.file('d/a'), 0o666);
    chownSync(folder.file('d/a'), fileOwner, fileOwner);
    const kind = await asOtherUser(folder.path, async () => {
      const output = await openOutput('d/a');
      output.sink.abort();
      return output.kind;
    });
    expect(kind).toBe('partial-file');
  });

  onRoot('without a sticky bit every user who may write the folder can replace the file', async () => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o777);
    writeFileSync(folder.file('a'), 'old');
    chmodSync(folder.file('a'), 0o666);
    const kind = await asOtherUser(folder.path, async () => {
      const output = await openOutput('a');
      output.sink.abort();
      return output.kind;
    });
    expect([kind, readdirSync(folder.path)]).toEqual(['partial-file', ['a']]);
  });

  onRoot('a new file is refused', async () => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o755);
    await expect(asOtherUser(folder.path, () => openOutput('a'))).rejects.toMatchObject({ code: 'EACCES' });
  });

  onRoot('a file that may not be written is refused, and unchanged', async () => {
    using folder = tempFolder();
    chmodSync(folder.path, 0o777);
    writeFileSync(folder.file('a'), 'old', { mode: 0o644 });
    await expect(asOtherUser(folder.path, () => openOutput('a'))).rejects.toMatchObject({ code: 'EACCES' });
    expect(text(folder.file('a'))).toBe('old');
  });

  test('any other error of a partial file is thrown', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'old');
    const loadKernel = async (): Promise<never> => {
      throw injectedError('EIO', 'open');
    };
    await expect(openOutput(folder.file('a'), { loadKernel })).rejects.toMatchObject({ code: 'EIO' });
    expect(text(folder.file('a'))).toBe('old');
  });
});

describe('symbolic links', () => {
  /** Links 1 to `count`, each to the one before, the first to `end`. @returns the last one */
  function chain(folder: { file(name: string): string }, count: number): string {
    for (let link = 1; link <= count; link++) symlinkSync(link === 1 ? 'end' : `${link - 1}`, folder.file(`${link}`));
    return folder.file(`${count}`);
  }

  test('39 in a row are followed, 40 are not', async () => {
    using folder = tempFolder();
    const { sink } = await openOutput(chain(folder, 39));
    await sink.finish(0);
    expect(text(folder.file('end'))).toBe('');
    symlinkSync('39', folder.file('40'));
    await expect(openOutput(folder.file('40'))).rejects.toMatchObject({
      code: 'ELOOP',
      syscall: 'open',
      path: folder.file('40'),
    });
  });
});
