import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { VERSION } from '@e2image/cli';
import { commandLine, ours, ROOT, RUNTIMES, run, type Tool } from '../support/oracle.ts';

const TOOLS: readonly Tool[] = ['e2image', 'e2image-restore', 'e2image-move', 'qcow2', 'sparse-copy', 'e2scramble'];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-hostile-'));
  writeFileSync(join(folder, 'disk'), gunzipSync(readFileSync(join(ROOT, 'samples/sample.ext4.gz'))));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Code that leaves a file when it is run. */
const evil = (name: string): string =>
  `require('node:fs').writeFileSync(${JSON.stringify(join(folder, `loaded-${name}`))}, ''); process.exit(99);\n`;

describe.each(RUNTIMES)('%s in a folder of a stranger', (runtime) => {
  beforeAll(() => {
    writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n');
    writeFileSync(join(folder, 'evil.js'), evil('preload'));
    // The C program's own variable: with it set, every file system counts as mounted for writing, and is refused.
    writeFileSync(join(folder, '.env'), 'EXT2FS_PRETEND_RW_MOUNT=1\nNODE_OPTIONS=--require=./evil.js\n');
    writeFileSync(join(folder, '.npmrc'), 'node-options=--require=./evil.js\n');
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs", "imports": { "#x": "./evil.js" } }\n');
    writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "paths": { "*": ["./evil.js"] } } }\n');
    for (const name of ['koffi', 'minimist', '@bokuweb/zstd-wasm']) {
      mkdirSync(join(folder, 'node_modules', name), { recursive: true });
      writeFileSync(join(folder, 'node_modules', name, 'index.js'), evil(name.replaceAll('/', '-')));
    }
  });

  test.each(TOOLS)('%s loads nothing from that folder', (tool) => {
    ours(['--version'], { cwd: folder, runtime, tool });
    ours(['disk', 'out'], { cwd: folder, runtime, tool });
    expect(readdirSync(folder).filter((name) => name.startsWith('loaded-'))).toEqual([]);
  });

  test('and images a file system as everywhere', () => {
    const { status, stderr } = ours(['-r', 'disk', 'image'], { cwd: folder, runtime });
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('mounted') });
    expect(readdirSync(folder).filter((name) => name.startsWith('loaded-'))).toEqual([]);
  });
});

test('the trap works: what the executable must not do, bun itself does', () => {
  const { status } = run(join(ROOT, 'node_modules/.bin/bun'), ['-e', '0'], { cwd: folder });
  expect(status).toBe(99);
  rmSync(join(folder, 'loaded-preload'));
});

test('the same variable in the environment, not in a file, does act', () => {
  const env = { EXT2FS_PRETEND_RW_MOUNT: '1' };
  const { status, stderr } = ours(['-r', 'disk', 'image'], { cwd: folder, env });
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('R/W mounted') });
});

test('the links beside the executable are relative, so that the folder can be moved', () => {
  const [executable] = commandLine('e2image', 'standalone executable');
  for (const tool of TOOLS.filter((name) => name !== 'e2image')) {
    const link = join(dirname(executable), tool);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readlinkSync(link)).toBe('e2image');
  }
});

describe.each(RUNTIMES)('%s', (runtime) => {
  test.each(TOOLS)('%s --version prints the version of package.json on one line', (tool) => {
    const { status, stdout } = ours(['--version'], { runtime, tool });
    // The name is what was typed; a bundle that is started by its path is called `bin`.
    const name = runtime === 'Node bundle' ? 'bin' : `\\S*/${tool}`;
    expect({ status, text: new TextDecoder().decode(stdout) }).toEqual({
      status: 0,
      text: expect.stringMatching(new RegExp(`^${name} ${VERSION.replaceAll('.', '\\.')}( \\([^\\n]*\\))?\\n$`)),
    });
  });

  test.each(TOOLS)('%s without operands is refused with its usage on standard error', (tool) => {
    const { status, stdout, stderr } = ours([], { runtime, tool });
    expect({ status, written: stdout.length }).toEqual({ status: 1, written: 0 });
    expect(stderr).toMatch(/usage: /i);
  });
});
