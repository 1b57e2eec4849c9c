import { closeSync, fstatSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { openDirectFile } from '../disk/direct-file.ts';
import { pageMemory } from '../disk/page-memory.ts';
import { tempFolder } from '../testing.ts';
import { FileSink } from './file-sink.ts';

/** A folder with a file `a` of the ten digits, open for reading and writing. */
function digits() {
  const folder = tempFolder();
  const path = folder.file('a');
  writeFileSync(path, '0123456789');
  return { path, fd: openSync(path, 'r+'), [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

const text = (path: string): string => readFileSync(path, 'utf8');
const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
};

describe('FileSink', () => {
  test('writes at offsets, keeps skipped bytes, and gives the file the exact size', async () => {
    using file = digits();
    const sink = new FileSink(file.fd, { zero: 'write' });
    sink.writeAt(new TextEncoder().encode('AB'), 2);
    sink.zero(5, 1);
    sink.skip();
    expect([sink.isSequential, sink.fd]).toEqual([false, file.fd]);
    await sink.finish(8);
    expect([text(file.path), isOpen(file.fd)]).toEqual(['01AB4\x0067', false]);
  });

  test.each([
    [false, 4, '0123'],
    [true, 4, '0123456789'],
    [false, 10, '0123456789'],
    [true, 12, '0123456789\0\0'],
    [false, 12, '0123456789\0\0'],
  ])('with keepTail %p and size %d the file is %j', async (keepTail, size, expected) => {
    using file = digits();
    await new FileSink(file.fd, { zero: 'hole', keepTail }).finish(size);
    expect(text(file.path)).toBe(expected);
  });

  test('does not touch a file that already has the size', async () => {
    using file = digits();
    const before = statSync(file.path, { bigint: true }).mtimeNs;
    await new FileSink(file.fd, { zero: 'hole' }).finish(10);
    expect(statSync(file.path, { bigint: true }).mtimeNs).toBe(before);
  });

  test('abort closes the descriptor and keeps what was written; it may be repeated', () => {
    using file = digits();
    const sink = new FileSink(file.fd, { zero: 'hole' });
    sink.writeAt(new TextEncoder().encode('X'), 0);
    sink.abort();
    sink.abort();
    expect([text(file.path), isOpen(file.fd)]).toEqual(['X123456789', false]);
  });

  test('abort does not throw when the descriptor is already closed', () => {
    using file = digits();
    const sink = new FileSink(file.fd, { zero: 'hole' });
    closeSync(file.fd);
    expect(() => sink.abort()).not.toThrow();
  });

  test('disposing it aborts it', () => {
    using file = digits();
    {
      using _sink = new FileSink(file.fd, { zero: 'hole' });
    }
    expect(isOpen(file.fd)).toBe(false);
  });

  test.each(['finish', 'abort'] as const)('a descriptor that is not owned stays open after %s', async (end) => {
    using file = digits();
    const sink = new FileSink(file.fd, { zero: 'hole', isOwned: false });
    await sink[end](10);
    expect(isOpen(file.fd)).toBe(true);
    closeSync(file.fd);
  });

  test('close may be repeated, and abort after it does nothing', async () => {
    using file = digits();
    const sink = new FileSink(file.fd, { zero: 'hole' });
    await sink.close();
    // Another file gets the number of the descriptor: it must not be closed.
    const other = openSync(file.path, 'r');
    await sink.close();
    sink.abort();
    expect([other, isOpen(other)]).toEqual([file.fd, true]);
    closeSync(other);
  });

  test('an error of a write is thrown with its offset', () => {
    const sink = new FileSink(openSync('/dev/full', 'w'), { zero: 'hole' });
    expect(() => sink.writeAt(Uint8Array.of(1), 5)).toThrow(expect.objectContaining({ code: 'ENOSPC', offset: 5 }));
    sink.abort();
  });

  test('a device that cannot be synced is finished without an error', async () => {
    await expect(new FileSink(openSync('/dev/null', 'w'), { zero: 'hole' }).finish(5)).resolves.toBeUndefined();
  });

  test('an error of fsync is thrown', async () => {
    using file = digits();
    const sink = new FileSink(file.fd, { zero: 'hole' });
    closeSync(file.fd);
    await expect(sink.finish(10)).rejects.toMatchObject({ code: 'EBADF' });
  });

  test('abort may be repeated when another file has the number of the descriptor', () => {
    using file = digits();
    const sink = new FileSink(file.fd, { zero: 'hole' });
    sink.abort();
    const other = openSync(file.path, 'r');
    sink.abort();
    expect([other, isOpen(other)]).toEqual([file.fd, true]);
    closeSync(other);
  });

  test('a file has memory for direct writes where its file system has them', () => {
    using file = digits();
    const direct = openDirectFile(file.fd);
    using sink = new FileSink(file.fd, { zero: 'hole' });
    expect(sink.buffer() !== undefined).toBe(direct !== undefined);
    direct?.[Symbol.dispose]();
  });

  test('only a file or a block device has memory for direct writes', () => {
    const sink = new FileSink(openSync('/dev/null', 'w'), { zero: 'hole' });
    expect(sink.buffer()).toBeUndefined();
    sink.writeAt(pageMemory(1 << 18), 0);
    sink.abort();
  });
});
