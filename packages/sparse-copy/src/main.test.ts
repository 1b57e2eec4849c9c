import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fakeWorld } from '@e2image/cli/testing';
import { tempFolder } from '@e2image/sparse-io/testing';
import { main } from './main.ts';

async function run(...argv: string[]) {
  const world = fakeWorld({ program: 'sparse-copy' });
  const status = await main(argv, world);
  return { status, ...world.said };
}

describe('sparse-copy', () => {
  test('copies the bytes, and leaves out the zeros', async () => {
    using folder = tempFolder();
    const bytes = new Uint8Array(2 ** 20 + 3);
    bytes[5] = 1;
    bytes[2 ** 20] = 2;
    writeFileSync(folder.file('a'), bytes);
    expect(await run(folder.file('a'), folder.file('b'))).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(Uint8Array.from(readFileSync(folder.file('b')))).toEqual(bytes);
    expect(statSync(folder.file('b')).blocks * 512).toBeLessThanOrEqual(3 * 4096);
  });

  test('--zero=write allocates them', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), new Uint8Array(2 ** 20));
    expect((await run('--zero=write', folder.file('a'), folder.file('b'))).status).toBe(0);
    expect(statSync(folder.file('b')).blocks * 512).toBeGreaterThanOrEqual(2 ** 20);
  });

  test('-p shows the progress', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), new Uint8Array(3 * 2 ** 20));
    expect((await run('-p', folder.file('a'), folder.file('b'))).stderr).toMatch(/\rCopied 3 \/ 3 MiB \(100%\) in /);
  });

  test('an empty file is copied', async () => {
    using folder = tempFolder();
    writeFileSync(folder.file('a'), '');
    expect((await run(folder.file('a'), folder.file('b'))).status).toBe(0);
    expect(statSync(folder.file('b')).size).toBe(0);
  });

  test('names what it could not open, and leaves nothing', async () => {
    using folder = tempFolder();
    const missing = folder.file('missing');
    expect(await run(missing, folder.file('b'))).toMatchObject({
      status: 1,
      stderr: `sparse-copy: No such file or directory while trying to open ${missing}\n`,
    });
    writeFileSync(folder.file('a'), 'x');
    expect(await run(folder.file('a'), folder.file('no/b'))).toMatchObject({ status: 1 });
    expect(readdirSync(folder.path)).toEqual(['a']);
  });

  test('--help and --version answer on standard output', async () => {
    expect((await run('--help')).stdout).toMatch(/^Usage: sparse-copy .*source target\n/);
    expect((await run('--version')).stdout).toMatch(/^sparse-copy \d+\.\d+\.\d+\n$/);
  });
});
