import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { tempFolder } from '../testing.ts';
import { Spool, spoolAll } from './spool.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const piece of texts) yield new TextEncoder().encode(piece);
}

describe('Spool', () => {
  test('has no name while it is used, and can be read at any offset', async () => {
    using folder = tempFolder();
    const told: number[] = [];
    using spool = await spoolAll(pieces('hello ', 'world'), {
      folder: folder.path,
      onProgress: (done) => told.push(done),
    });
    expect([readdirSync(folder.path), spool.size, told]).toEqual([[], 11, [6, 11]]);
    const into = new Uint8Array(5);
    spool.source().readAt(into, 6);
    expect(new TextDecoder().decode(into)).toBe('world');
  });

  test('never had a name, where the file system can do that', () => {
    using folder = tempFolder();
    using spool = new Spool({ folder: folder.path });
    // Linux tells the name that a deleted file had, and `#` and its inode for one that had none.
    expect(readlinkSync(`/proc/self/fd/${spool.fd}`)).toMatch(/\/#\d+ \(deleted\)$/);
  });

  test('zeros are there and take no room', async () => {
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

  test('a folder that is not there is an error of the system', () => {
    expect(() => new Spool({ folder: '/nonexistent' })).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
