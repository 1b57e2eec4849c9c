import { closeSync, fstatSync, openSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { Spool, spoolAll } from './spool.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of texts) yield new TextEncoder().encode(piece);
}

describe('Spool', () => {
  test('has no name, and can be read at any offset', async () => {
    using folder = tempFolder();
    const progress: number[] = [];
    using spool = await spoolAll(pieces('hello ', 'world'), {
      folder: folder.path,
      onProgress: (done) => progress.push(done),
    });
    expect([readdirSync(folder.path), spool.size, progress]).toEqual([[], 11, [6, 11]]);
    const into = new Uint8Array(5);
    spool.source().readAt(into, 6);
    expect(new TextDecoder().decode(into)).toBe('world');
  });

  test('never had a name, where the file system supports that', () => {
    using folder = tempFolder();
    using spool = new Spool({ folder: folder.path });
    // Linux shows the old name of a deleted file, and `#` and the inode number of one that never had a name.
    expect(readlinkSync(`/proc/self/fd/${spool.fd}`)).toMatch(/\/#\d+ \(deleted\)$/);
  });

  test('zeros are read back and take no space', async () => {
    using folder = tempFolder();
    async function* mostlyZeros(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(7);
      for (let i = 0; i < 64; i++) yield new Uint8Array(1 << 20);
    }
    using spool = await spoolAll(mostlyZeros(), { folder: folder.path });
    const source = spool.source();
    expect(source.size).toBe(1 + (64 << 20));
    expect(fstatSync(spool.fd).blocks * 512).toBeLessThan(1 << 20);
    const into = new Uint8Array(2).fill(1);
    source.readAt(into, source.size - 2);
    expect([...into]).toEqual([0, 0]);
  });

  test('belongs to its user alone, and is closed when it is disposed, once', () => {
    using folder = tempFolder();
    const spool = new Spool({ folder: folder.path });
    expect([fstatSync(spool.fd).mode & 0o777, spool.folder]).toEqual([0o600, folder.path]);
    spool[Symbol.dispose]();
    const other = openSync(folder.file('a'), 'w');
    spool[Symbol.dispose]();
    expect([other, fstatSync(other).isFile()]).toEqual([spool.fd, true]);
    closeSync(other);
  });

  test('a full folder is reported with the bytes that it took', () => {
    using folder = tempFolder();
    using spool = new Spool({ folder: folder.path });
    spool.append(Uint8Array.of(1, 2, 3));
    closeSync(spool.fd);
    // The next descriptor has the same number: a device on which every write fails as on a full disk.
    const full = openSync('/dev/full', 'w');
    expect(full).toBe(spool.fd);
    expect(() => spool.append(Uint8Array.of(4))).toThrow(
      expect.objectContaining({
        code: 'SPARSE_SPOOL_FULL',
        message: `the spool in ${folder.path} is full after 3 bytes`,
        detail: { offset: 3 },
        cause: expect.objectContaining({ code: 'ENOSPC' }),
      }),
    );
    expect(spool.size).toBe(3);
  });

  test('any other error of a write is thrown as it is', () => {
    using folder = tempFolder();
    const spool = new Spool({ folder: folder.path });
    spool[Symbol.dispose]();
    expect(() => spool.append(Uint8Array.of(4))).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });

  test('an error of its folder is thrown', () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), '');
    expect(() => new Spool({ folder: folder.file('a') })).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  });

  test('is closed when the input fails', async () => {
    using folder = tempFolder();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3);
      throw new Error('torn');
    }
    const before = readdirSync('/proc/self/fd').length;
    await expect(spoolAll(broken(), { folder: folder.path })).rejects.toThrow('torn');
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  test('a folder that does not exist is an error of the system', () => {
    expect(() => new Spool({ folder: '/nonexistent' })).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
