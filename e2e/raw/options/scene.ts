import {
  appendFileSync,
  closeSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFifo } from '../../support/endless.ts';
import { digest } from '../../support/file-bytes.ts';
import { fixture } from '../../support/fixtures.ts';
import { LoopDevice } from '../../support/loop.ts';
import { cE2image, commandLine, find, type Outcome, run } from '../../support/oracle.ts';
import type { Recipe } from '../../support/recipe.ts';
import type { Before, Row } from './row.ts';

const MIB = 1 << 20;

const FS: Recipe = {
  name: 'options-1k',
  mke2fs: '-t ext4 -b 1024 -g 1024 -N 128 -J size=1 -E lazy_itable_init=0',
  size: '4M',
  debugfs: ['mkdir folder', 'write @text text', 'write @small folder/small', `symlink slow ${'/long'.repeat(30)}`],
};
const FS_4K: Recipe = { name: 'options-4k', mke2fs: '-t ext4 -b 4096 -N 128 -O ^has_journal', size: '2M' };

/**
 * Bytes that no image has. The last of each sector is zero: at the end of a device whose last block is not selected C
 * writes one zero byte (its way to fix the length of a file), which ours does not.
 */
function pattern(length: number): Uint8Array {
  return new Uint8Array(length).map((_, at) => (at % 512 === 511 ? 0 : 0xa5));
}

const PATTERN = pattern(6 * MIB);

/** What the lines of all rows start from, made once. */
export class Scenery implements Disposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'e2e-options-'));

  constructor() {
    const at = (name: string): string => join(this.#home, 'files', name);
    mkdirSync(at('.'), { recursive: true });
    copyFileSync(fixture(FS), at('fs'));
    copyFileSync(fixture(FS_4K), at('fs4k'));
    const fs = readFileSync(at('fs'));
    writeFileSync(at('disk'), PATTERN.subarray(0, MIB));
    appendFileSync(at('disk'), fs);
    appendFileSync(at('disk'), PATTERN.subarray(0, MIB / 2));
    writeFileSync(at('cut'), fs.subarray(0, 600 * 1024));
    writeFileSync(at('junk'), PATTERN.subarray(0, MIB));
    cE2image(['-Qa', at('fs'), at('q2')]);
    cE2image(['-ra', at('fs'), join(this.#home, 'equal')]);
    for (const side of ['c', 'ours'] as const) this.#link(side);
  }

  /** A folder with nothing but the program under its name: what is typed is `e2image`. */
  #link(side: 'c' | 'ours'): void {
    mkdirSync(join(this.#home, side));
    const [program, bundle] = commandLine();
    const target = side === 'c' ? (find('e2image') ?? '') : (bundle ?? program);
    symlinkSync(target, join(this.#home, side, 'e2image'));
  }

  /** Run the line of a row with one of the programs, in a folder of its own. */
  run(side: 'c' | 'ours', { line, out = 'nothing', hangs = false }: Row): Seen {
    const folder = join(this.#home, 'run');
    mkdirSync(folder);
    using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
    for (const name of readdirSync(join(this.#home, 'files')).filter((file) => line.includes(file))) {
      copyFileSync(join(this.#home, 'files', name), join(folder, name));
    }
    using loop = this.#prepare(out, folder);
    const before = filesOf(folder);
    const outcome = this.#start(side, line, folder, hangs && side === 'c' ? 0.3 : 20);
    loop?.flush();
    const files = filesOf(folder);
    return {
      ...outcome,
      stdout: new TextDecoder('latin1').decode(outcome.stdout),
      files,
      isUnchanged: isEqual(before, files),
    };
  }

  #start(side: 'c' | 'ours', line: string, cwd: string, seconds: number): Outcome {
    const env = {
      PATH: [join(this.#home, side), dirname(process.execPath), process.env['PATH'] ?? ''].join(':'),
      COMPAT: side === 'ours' ? '--select compat' : '',
      LC_ALL: 'C',
      // What a shell of this machine does at its start must not change the result.
      BASH_ENV: '',
    };
    return run('timeout', ['-s', 'KILL', `${seconds}`, 'bash', '-o', 'pipefail', '-c', line], { cwd, env });
  }

  #prepare(out: Before, folder: string): LoopDevice | undefined {
    const at = (name: string): string => join(folder, name);
    const write = (name: string, length: number): void => writeFileSync(at(name), PATTERN.subarray(0, length));
    if (out === 'short') write('out', 100 * 1024);
    if (out === 'long') write('out', 6 * MIB);
    if (out === 'equal' || out === 'almost') copyFileSync(join(this.#home, 'equal'), at('out'));
    if (out === 'almost') change(at('out'));
    if (out === 'fifo') makeFifo(at('out'));
    if (out === 'link-to-long' || out === 'hard-link') write('real', 6 * MIB);
    if (out === 'link-to-long' || out === 'link-to-nothing') symlinkSync('real', at('out'));
    if (out === 'hard-link') linkSync(at('real'), at('out'));
    if (!out.endsWith('loop')) return undefined;
    write('backing', out === 'long-loop' ? 6 * MIB : out === 'short-loop' ? MIB : 4 * MIB);
    const loop = LoopDevice.attach(at('backing'));
    symlinkSync(loop.path, at('out'));
    return loop;
  }

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** What a line did. */
export interface Seen {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Length and hash of each regular file, where each link leads. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether the files are as before. */
  readonly isUnchanged: boolean;
}

/** One byte in the inode table's first block, and one in the last block of the file. */
function change(path: string): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, PATTERN.subarray(0, 1), 0, 1, 1024 + 200);
  closeSync(fd);
  truncateSync(path, 4 * MIB);
}

function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, stateOf(join(folder, name))]));
}

function stateOf(path: string): string {
  const stat = lstatSync(path);
  // A loop device has another number for each program.
  if (stat.isSymbolicLink()) return readlinkSync(path).replace(/loop\d+/, 'loopN');
  if (!stat.isFile()) return 'no file';
  return `${stat.size} ${digest(path)}`;
}

const isEqual = (a: Record<string, string>, b: Record<string, string>): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
