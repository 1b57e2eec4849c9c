import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeNeeds, qemuImg, ROOT, run } from '../support/oracle.ts';

/** What a program that is not a command line does with the library: Node streams, async iteration, backpressure, an abort. */
const PROGRAM = `
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import {
  checkQcow2, compressor, guestPieces, ImageFile, loadCodec, MemorySpool, planImage, plainChunks, plainStream, sourceRuns,
} from '@e2image/qcow2';

const codec = await loadCodec('zlib');
await pipeline(
  createReadStream('disk'),
  compressor(new MemorySpool(), { clusterBits: 16, version: 2, codec }),
  createWriteStream('packed.qcow2'),
);

const disk = ImageFile.open('disk');
const plan = planImage({ virtualSize: disk.size, clusterBits: 12, version: 2, runs: await sourceRuns(disk, { clusterBits: 12 }) });
await pipeline(plainStream(disk, { plan }), createWriteStream('plain.qcow2'));

const back = await open('back', 'w');
await back.truncate(disk.size);
for await (const { bytes, offset } of guestPieces(createReadStream('packed.qcow2'))) {
  await back.write(bytes, 0, bytes.length, offset);
}
await back.close();
console.log(String(readFileSync('disk').equals(readFileSync('back'))));
{
  const { corruptions, leaks } = checkQcow2(ImageFile.open('plain.qcow2'));
  console.log([corruptions, leaks].join(' '));
}

// Nobody reads on: nothing is read ahead but what a stream keeps.
let asked = 0;
const counted = { size: disk.size, readAt: (into, offset) => { asked += into.length; disk.readAt(into, offset); } };
const everything = planImage({ virtualSize: disk.size, clusterBits: 12, version: 2, runs: [{ start: 0, count: disk.size / 4096 }] });
const slow = plainStream(counted, { plan: everything });
await new Promise((resolve) => slow.once('readable', resolve));
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(String(asked < disk.size / 2));
slow.destroy();

const stop = new AbortController();
try {
  for await (const _ of plainChunks(counted, { plan: everything, signal: stop.signal })) stop.abort();
} catch (error) {
  console.log(error.name);
}
try {
  for await (const _ of guestPieces(createReadStream('packed.qcow2', { end: 100_000 })));
} catch (error) {
  console.log(error.code);
}
`;

const MIB = 2 ** 20;

/** 16 MiB: 6 of noise, the rest zeros. */
function disk(): Uint8Array {
  const bytes = new Uint8Array(16 * MIB);
  let state = 1;
  for (let at = MIB; at < 7 * MIB; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** The examples of the README, as files of their own. */
function examples(): string[] {
  const readme = readFileSync(join(ROOT, 'packages/qcow2/README.md'), 'utf8');
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
}

describeNeeds(['qemu-img'], '@e2image/qcow2 as packed', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-qcow2-packed-'));
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-b', 'packages/qcow2'], { cwd: ROOT });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: join(ROOT, 'packages/qcow2') });
    // An empty project: nothing but the package, so without the optional zstd.
    const home = join(folder, 'node_modules/@e2image/qcow2');
    mkdirSync(home, { recursive: true });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    execFileSync('tar', ['-xzf', join(folder, tarball), '-C', home, '--strip-components=1']);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'program.js'), PROGRAM);
    writeFileSync(join(folder, 'disk'), disk());
    writeFileSync(join(folder, 'disk.raw'), disk());
    examples().forEach((text, index) => {
      writeFileSync(join(folder, `example${index}.ts`), text);
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds its types, and nothing of its tests', () => {
    const files = readdirSync(join(folder, 'node_modules/@e2image/qcow2/dist'));
    expect(files.filter((name) => /\.(test|fixture)\./.test(name))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['index.js', 'index.d.ts']));
  });

  test('the examples of the README compile against it', () => {
    expect(examples()).toHaveLength(3);
    const types = join(ROOT, 'node_modules/@types');
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2023,esnext.disposable'];
    const args = [...options, '--types', 'node', '--typeRoots', types, '--outDir', 'built'];
    const files = examples().map((_, index) => `example${index}.ts`);
    const { status, stdout } = run(join(ROOT, 'node_modules/.bin/tsc'), [...args, ...files], { cwd: folder });
    expect([status, new TextDecoder().decode(stdout)]).toEqual([0, '']);
  });

  test.each([
    ['Node', process.execPath],
    ['Bun', join(ROOT, 'node_modules/.bin/bun')],
  ])('%s: streams, iteration, backpressure, abort and errors', (_name, program) => {
    const { status, stdout, stderr } = run(program, ['program.js'], { cwd: folder });
    expect([status, stderr]).toEqual([0, '']);
    expect(new TextDecoder().decode(stdout)).toBe('true\n0 0\ntrue\nAbortError\nQCOW2_TRUNCATED\n');
    for (const image of ['packed.qcow2', 'plain.qcow2']) {
      expect(qemuImg(['check', '-q', image], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
      expect(qemuImg(['compare', '-q', '-f', 'raw', '-F', 'qcow2', 'disk', image], { cwd: folder }).status).toBe(0);
    }
  });

  test.each([
    ['Node', process.execPath],
    ['Bun', join(ROOT, 'node_modules/.bin/bun')],
  ])('%s: the examples run, one after the other', (_name, program) => {
    run('cp', ['packed.qcow2', 'disk.qcow2'], { cwd: folder });
    for (const index of [0, 1, 2]) {
      expect(run(program, [`built/example${index}.js`], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
    }
    for (const image of ['new.qcow2', 'disk.qcow2']) {
      expect(qemuImg(['compare', '-q', '-f', 'raw', '-F', 'qcow2', 'disk', image], { cwd: folder }).status).toBe(0);
    }
    expect(run('cmp', ['disk', 'disk.raw'], { cwd: folder }).status).toBe(0);
  });
});
