import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from '../support/oracle.ts';

/** What a program that is not a command line does with the library: streams and async iteration, from the package as published. */
const PROGRAM = `
import { pipeline } from 'node:stream/promises';
import { openFileSource, openOutput, piecesOf, readableOf, writableTo, suppressZeros } from '@e2image/sparse-io';
import { faultySource, memorySource } from '@e2image/sparse-io/testing';

{
  const source = await openFileSource('disk');
  const kinds = [];
  for await (const piece of piecesOf(source)) kinds.push(piece.kind);
  console.log(kinds.join(' '));
  const { sink } = await openOutput('copy');
  await pipeline(readableOf(source), writableTo(suppressZeros(sink)));
  source[Symbol.dispose]();
}
const stop = new AbortController();
const endless = { size: 1e15, readAt: () => setImmediate(() => stop.abort()) };
const { sink } = await openOutput('never');
await pipeline(readableOf(endless), writableTo(sink), { signal: stop.signal }).catch((error) => console.log(error.name));
const bad = faultySource(memorySource(new Uint8Array(10)), { at: [{ offset: 3, length: 1 }] });
await pipeline(readableOf(bad), writableTo((await openOutput('never')).sink)).catch((error) => console.log(error.code));
`;

describe('@e2image/sparse-io as packed', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'e2e-packed-'));
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-b', 'packages/sparse-io'], { cwd: ROOT });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: join(ROOT, 'packages/sparse-io') });
    const home = join(folder, 'node_modules/@e2image/sparse-io');
    mkdirSync(home, { recursive: true });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    execFileSync('tar', ['-xzf', join(folder, tarball), '-C', home, '--strip-components=1']);
    writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds no test, and its types', () => {
    const files = readdirSync(join(folder, 'node_modules/@e2image/sparse-io/dist'));
    expect(files.filter((name) => name.includes('.test.'))).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'testing.js', 'testing.d.ts']));
  });

  test.each([
    ['Node', process.execPath],
    ['Bun', join(ROOT, 'node_modules/.bin/bun')],
  ])('%s: pieces, streams, abort and errors', (_name, program) => {
    const bytes = new Uint8Array(2 ** 20).fill(7, 0, 5000);
    writeFileSync(join(folder, 'disk'), bytes);
    const { status, stdout, stderr } = run(program, ['program.mjs'], { cwd: folder });
    expect([status, stderr]).toEqual([0, '']);
    expect(new TextDecoder().decode(stdout)).toBe('data data data data\nAbortError\nEIO\n');
    expect(run('cmp', ['disk', 'copy'], { cwd: folder }).status).toBe(0);
    expect(readdirSync(folder).filter((name) => name === 'never' || name.startsWith('.partial'))).toEqual([]);
  });
});
