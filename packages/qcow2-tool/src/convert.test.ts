import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { fakeWorld } from '@e2image/cli/testing';
import { tempFolder } from '@e2image/sparse-io/testing';
import { main } from './main.ts';

async function run(...argv: string[]) {
  const world = fakeWorld({ program: 'qcow2' });
  const status = await main(argv, world);
  return { status, ...world.said };
}

/** 300 KiB: text, zeros, and a few bytes at the end. */
function disk(): Uint8Array {
  const bytes = new Uint8Array(300 * 1024);
  bytes.set(Uint8Array.from({ length: 100_000 }, (_, i) => 97 + (i % 17)));
  bytes.fill(1, bytes.length - 10);
  return bytes;
}

test.each([[[]], [['--compress=zlib']], [['--compress=zstd', '--level=1']], [['--cluster-size=512']]])(
  'a disk that is converted to an image and back is the same, with %j',
  async (options) => {
    using folder = tempFolder();
    const bytes = disk();
    writeFileSync(folder.file('disk'), bytes);
    const [image, other, raw] = [folder.file('image'), folder.file('other'), folder.file('raw')];
    expect(await run('convert', ...options, folder.file('disk'), image)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect((await run('convert', '--to=qcow2', '--cluster-size=4096', image, other)).status).toBe(0);
    expect((await run('convert', other, raw)).status).toBe(0);
    expect(Buffer.compare(readFileSync(raw), bytes)).toBe(0);
  },
);

test('--measure prints the size of a plain image, as text and as JSON', async () => {
  using folder = tempFolder();
  writeFileSync(folder.file('disk'), disk());
  await run('convert', folder.file('disk'), folder.file('image'));
  const { size } = statSync(folder.file('image'));
  expect(await run('convert', '--measure', folder.file('disk'))).toEqual({
    status: 0,
    stdout: `${size}\n`,
    stderr: '',
  });
  expect(JSON.parse((await run('convert', '--measure', '--json', folder.file('disk'))).stdout)).toEqual({
    bytes: size,
  });
  expect((await run('convert', '--measure', '--to=raw', folder.file('image'))).stdout).toBe(`${300 * 1024}\n`);
});

test('-p shows the progress', async () => {
  using folder = tempFolder();
  writeFileSync(folder.file('disk'), disk());
  expect((await run('convert', '-p', folder.file('disk'), folder.file('image'))).stderr).toMatch(/Copied 1 \/ 1 MiB/);
});

test('an error names the file, and no file is left', async () => {
  using folder = tempFolder();
  const missing = folder.file('missing');
  expect(await run('convert', missing, folder.file('image'))).toMatchObject({
    status: 1,
    stderr: `qcow2 convert: No such file or directory while trying to open ${missing}\n`,
  });
  writeFileSync(folder.file('broken'), Uint8Array.of(0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 9));
  expect(await run('convert', folder.file('broken'), folder.file('raw'))).toMatchObject({ status: 1 });
  expect(await run('cat', folder.file('broken'))).toMatchObject({ status: 1 });
  expect(readdirSync(folder.path)).toEqual(['broken']);
});

test('a full target and a damaged source are reported by name', async () => {
  using folder = tempFolder();
  writeFileSync(folder.file('disk'), disk());
  expect(await run('convert', '--force', folder.file('disk'), '/dev/full')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'qcow2 convert: No space left on device while writing /dev/full\n',
  });
  await run('convert', folder.file('disk'), folder.file('image'));
  truncateSync(folder.file('image'), 400_000);
  const { status, stderr } = await run('convert', folder.file('image'), folder.file('raw'));
  expect({ status, stderr }).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(` while reading ${folder.file('image')}\n`),
  });
});

test('an unknown subcommand shows the usage; --help lists them', async () => {
  expect(await run('resize')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("unknown subcommand 'resize'"),
  });
  expect(await run('constructor')).toMatchObject({ status: 1 });
  expect(await run()).toMatchObject({ status: 1, stderr: expect.stringMatching(/^Usage: qcow2 SUBCOMMAND/) });
  expect((await run('--help')).stdout).toContain('convert');
  expect((await run('convert', '--help')).stdout).toMatch(/^Usage: qcow2 convert /);
});
