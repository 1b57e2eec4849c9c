import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readSync, writeFileSync, writeSync } from 'node:fs';
import type { Source } from '../base/source.ts';
import { tempFolder } from '../testing.ts';
import { openInput, openSeekable } from './open-input.ts';

function textOf(source: Source): string {
  const bytes = new Uint8Array(source.size);
  source.readAt(bytes, 0);
  return new TextDecoder().decode(bytes);
}

describe('openInput', () => {
  test('a file is a source', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    const input = await openInput(folder.file('a'));
    expect(input.kind === 'source' && textOf(input.source)).toBe('abc');
    if (input.kind === 'source') input.close();
  });

  test('a descriptor redirected from a file is a source that begins at its position', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'header body');
    const fd = openSync(folder.file('a'), 'r');
    readSync(fd, new Uint8Array(7));
    const input = await openInput(`/dev/fd/${fd}`);
    expect(input.kind === 'source' && textOf(input.source)).toBe('body');
    closeSync(fd);
  });

  test('a FIFO is a stream, which openSeekable spools and reports', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const writer = openSync(folder.file('p'), constants.O_RDWR);
    writeSync(writer, 'through a pipe');
    let isReported = false;
    const opening = openSeekable(folder.file('p'), {
      folder: folder.path,
      onSpool: () => {
        isReported = true;
        closeSync(writer);
      },
    });
    const { source, close, isSpooled } = await opening;
    expect([textOf(source), isReported, isSpooled]).toEqual(['through a pipe', true, true]);
    close();
  });

  test('a folder, and a path that does not exist, are errors of the system', async () => {
    using folder = tempFolder();
    await expect(openInput(folder.path)).rejects.toMatchObject({ code: 'EISDIR' });
    await expect(openInput(folder.file('x'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a source', () => {
  test('is not spooled, and closes its file', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    let isReported = false;
    const before = readdirSync('/proc/self/fd').length;
    const { source, close, isSpooled } = await openSeekable(folder.file('a'), {
      onSpool: () => {
        isReported = true;
      },
    });
    expect([textOf(source), isSpooled, isReported]).toEqual(['abc', false, false]);
    expect(readdirSync('/proc/self/fd').length).toBe(before + 1);
    close();
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  test('of an open descriptor does not close it', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    const fd = openSync(folder.file('a'), 'r');
    const { close } = await openSeekable(`/dev/fd/${fd}`);
    close();
    expect(readSync(fd, new Uint8Array(3))).toBe(3);
    closeSync(fd);
  });
});

describe('a stream', () => {
  test('of a path is closed at its end, and when it is not read to its end', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const writer = openSync(folder.file('p'), constants.O_RDWR);
    const before = readdirSync('/proc/self/fd').length;
    const input = await openInput(folder.file('p'));
    writeSync(writer, 'abc');
    if (input.kind === 'stream') for await (const _ of input.bytes) break;
    expect([input.kind, readdirSync('/proc/self/fd').length]).toEqual(['stream', before]);
    closeSync(writer);
  });

  test('of an open descriptor is not closed', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const fd = openSync(folder.file('p'), constants.O_RDWR);
    writeSync(fd, 'abc');
    const input = await openInput(`/dev/fd/${fd}`);
    const texts: string[] = [];
    if (input.kind === 'stream')
      for await (const bytes of input.bytes) {
        texts.push(new TextDecoder().decode(bytes));
        break;
      }
    expect(texts).toEqual(['abc']);
    expect(writeSync(fd, 'x')).toBe(1);
    closeSync(fd);
  });
});
