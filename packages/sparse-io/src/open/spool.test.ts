import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
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

  test('is closed when the input fails', async () => {
    using folder = tempFolder();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3);
      throw new Error('torn');
    }
    await expect(spoolAll(broken(), { folder: folder.path })).rejects.toThrow('torn');
  });

  test('a folder that does not exist is an error of the system', () => {
    expect(() => new Spool({ folder: '/nonexistent' })).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
