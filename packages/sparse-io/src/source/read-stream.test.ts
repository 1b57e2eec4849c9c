import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync, writeSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { readStream } from './read-stream.ts';

/** Both ends of a FIFO: the reader does not wait for data, as a descriptor that another program set so. */
function nonBlockingFifo(path: string): { reader: number; writer: number } {
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY) };
}

describe('readStream', () => {
  test('gives all bytes in pieces of at most a unit, in one array that is reused', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'hello world');
    const fd = openSync(folder.file('a'), 'r');
    const texts: string[] = [];
    const buffers = new Set<ArrayBufferLike>();
    for await (const bytes of readStream(fd, { unit: 4 })) {
      texts.push(new TextDecoder().decode(bytes));
      buffers.add(bytes.buffer);
    }
    closeSync(fd);
    expect([texts, buffers.size]).toEqual([['hell', 'o wo', 'rld'], 1]);
  });

  test('reads 256 KiB at once by default', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), new Uint8Array(300_000));
    const fd = openSync(folder.file('a'), 'r');
    const lengths: number[] = [];
    for await (const bytes of readStream(fd)) lengths.push(bytes.length);
    closeSync(fd);
    expect(lengths).toEqual([262_144, 37_856]);
  });

  test('begins at the position of the descriptor', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    const fd = openSync(folder.file('a'), 'r');
    for await (const _ of readStream(fd, { unit: 1 })) break;
    const rest: string[] = [];
    for await (const bytes of readStream(fd)) rest.push(new TextDecoder().decode(bytes));
    closeSync(fd);
    expect(rest).toEqual(['bc']);
  });

  test('waits while a non-blocking FIFO is empty, and ends when it is closed', async () => {
    using folder = tempFolder();
    const { reader, writer } = nonBlockingFifo(folder.file('p'));
    const texts: string[] = [];
    setTimeout(() => {
      writeSync(writer, 'late');
      closeSync(writer);
    }, 30);
    for await (const bytes of readStream(reader)) texts.push(new TextDecoder().decode(bytes));
    closeSync(reader);
    expect(texts).toEqual(['late']);
  });

  test('asks for a larger pipe buffer', async () => {
    using folder = tempFolder();
    execFileSync('mkfifo', [folder.file('p')]);
    const fd = openSync(folder.file('p'), constants.O_RDWR | constants.O_NONBLOCK);
    writeSync(fd, 'x');
    for await (const _ of readStream(fd)) break;
    // The default buffer holds 64 KiB; a write to a full one would fail with EAGAIN.
    expect(writeSync(fd, new Uint8Array(1 << 20))).toBe(1 << 20);
    closeSync(fd);
  });

  test('stops when its signal is aborted', async () => {
    const stop = new AbortController();
    using folder = tempFolder();
    writeFileSync(folder.file('a'), 'abc');
    const fd = openSync(folder.file('a'), 'r');
    const read = async (): Promise<void> => {
      for await (const _ of readStream(fd, { unit: 1, signal: stop.signal })) stop.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrow('enough');
    closeSync(fd);
  });

  test('an error of the system is thrown', async () => {
    using folder = tempFolder();
    const fd = openSync(folder.path, 'r');
    await expect(readStream(fd).next()).rejects.toMatchObject({ code: 'EISDIR' });
    closeSync(fd);
  });
});
