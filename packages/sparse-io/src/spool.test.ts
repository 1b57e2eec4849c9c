import { readdirSync } from 'node:fs';
import { Spool, spoolAll } from './spool.ts';
import { tempFolder } from './testing.ts';

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
