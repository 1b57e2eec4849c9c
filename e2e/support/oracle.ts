import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

/** The folder of the repository. */
export const ROOT = resolve(__dirname, '../..');

/** How a program ended. `stdout` is what it wrote, bytes and all; `stderr` is text. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** What a program is given besides its arguments. */
export interface RunOptions {
  readonly cwd?: string;
  /** Bytes for standard input; default: none, it is at its end. */
  readonly input?: Uint8Array | string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds before SIGKILL; default 120 000. */
  readonly timeout?: number;
}

const MAX_OUTPUT = 512 << 20;

/** Run a program to its end. @throws Error when it cannot be started, or ran out of time */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Outcome {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd: options.cwd,
    input: options.input ?? '',
    env: { ...process.env, ...options.env },
    maxBuffer: MAX_OUTPUT,
    timeout: options.timeout ?? 120_000,
    killSignal: 'SIGKILL',
  });
  // A program that does not read its input makes the pipe fail; it still has an outcome.
  if (error && !('code' in error && error.code === 'EPIPE')) throw error;
  return { status, signal, stdout, stderr: stderr.toString('latin1') };
}

/** The two ways our commands are shipped. */
export type Runtime = 'standalone executable' | 'Node bundle';

/** Both, for tests that must hold on each: `describe.each(RUNTIMES)`. */
export const RUNTIMES: readonly Runtime[] = ['standalone executable', 'Node bundle'];

/** Our commands and the packages whose bundle is the command on Node. */
const PACKAGES = {
  e2image: 'e2image',
  'e2image-restore': 'e2image-restore',
  'e2image-move': 'e2image-move',
  qcow2: 'qcow2-tool',
  'sparse-copy': 'sparse-copy',
  e2scramble: 'e2scramble',
} as const;

/** A command of ours. */
export type Tool = keyof typeof PACKAGES;

const EXECUTABLE = join(ROOT, 'dist/bin/e2image');

/** What E2IMAGE_BIN chooses: a `.mjs` means the Node bundles, anything else is the executable with its links beside it. */
const chosen = resolve(ROOT, process.env['E2IMAGE_BIN'] || EXECUTABLE);
const CHOSEN_RUNTIME: Runtime = chosen.endsWith('.mjs') ? 'Node bundle' : 'standalone executable';

/**
 * Program and leading arguments that start a command of ours; for tests that spawn it themselves.
 * E2IMAGE_NODE names another node than the one that runs the tests.
 */
export function commandLine(tool: Tool = 'e2image', runtime: Runtime = CHOSEN_RUNTIME): [string, ...string[]] {
  if (runtime === 'Node bundle') {
    return [process.env['E2IMAGE_NODE'] || process.execPath, join(ROOT, 'packages', PACKAGES[tool], 'dist/bin.mjs')];
  }
  const executable = CHOSEN_RUNTIME === runtime ? chosen : EXECUTABLE;
  return [tool === 'e2image' ? executable : join(dirname(executable), tool)];
}

/** Run a command of ours on the runtime under test, or on the one named. */
export function ours(
  args: readonly string[],
  options: RunOptions & { readonly tool?: Tool; readonly runtime?: Runtime } = {},
): Outcome {
  const [program, ...leading] = commandLine(options.tool, options.runtime);
  return run(program, [...leading, ...args], options);
}

/**
 * Where oracles are looked for: /sbin is not in the PATH of everybody, and npm puts node_modules/.bin in front, where an
 * `e2image` is ours: compared with itself, every image would be right.
 */
const SEARCH = ['/usr/sbin', '/sbin', ...(process.env['PATH'] ?? '').split(delimiter)].filter(
  (folder) => !folder.includes('node_modules'),
);

/** Full path of a program that is not ours; undefined when it is not installed. */
export function find(program: string): string | undefined {
  return SEARCH.map((folder) => join(folder, program)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Run a program that is not ours; tests that call it are guarded by `testNeeds` or `describeNeeds`. */
export function tool(program: string, args: readonly string[], options: RunOptions = {}): Outcome {
  const path = find(program);
  if (path === undefined) throw new Error(`${program} is not installed`);
  return run(path, args, { ...options, env: { ...ORACLE_ENV, ...options.env } });
}

/** Messages in English; e2fsck and friends do not ask a terminal; a mount check never looks at this machine. */
const ORACLE_ENV = { LC_ALL: 'C', E2FSPROGS_SKIP_PROGRESS: '1' };

/** The C program, which ours is compared with. */
export const cE2image = (args: readonly string[], options: RunOptions = {}): Outcome => tool('e2image', args, options);
/** qemu-img. */
export const qemuImg = (args: readonly string[], options: RunOptions = {}): Outcome => tool('qemu-img', args, options);
/** debugfs; several requests: give them as `input` with `-f -`. */
export const debugfs = (args: readonly string[], options: RunOptions = {}): Outcome => tool('debugfs', args, options);
/** dumpe2fs. */
export const dumpe2fs = (args: readonly string[], options: RunOptions = {}): Outcome => tool('dumpe2fs', args, options);

/**
 * What e2fsck -fn finds, in a form that can be compared between two copies of one file system.
 *
 * @returns the status, and the lines without those that name the file or count time
 */
export function e2fsck(
  image: string,
  options: RunOptions = {},
): { readonly status: number | null; readonly text: string } {
  const { status, stdout } = tool('e2fsck', ['-fn', image], options);
  const text = new TextDecoder('latin1').decode(stdout).replaceAll(image, 'IMAGE').trim();
  return { status, text };
}

/** A thing a test cannot do without: the name of a program, `root`, or `loop` (root, and loop devices that work). */
export type Need =
  | 'mke2fs'
  | 'e2image'
  | 'e2fsck'
  | 'debugfs'
  | 'dumpe2fs'
  | 'e2undo'
  | 'qemu-img'
  | 'qemu-io'
  | 'ddrescuelog'
  | 'bzip2'
  | 'root'
  | 'loop';

/** Those of `needs` that this machine lacks. */
export function missing(needs: readonly Need[]): Need[] {
  return needs.filter((need) => {
    if (need === 'root') return process.getuid?.() !== 0;
    if (need === 'loop') return process.getuid?.() !== 0 || !existsSync('/dev/loop-control') || !find('losetup');
    return find(need) === undefined;
  });
}

/** tools/test/main.ts looks for this mark: on CI a test that carries it counts as failed. */
const named = (name: string, lacking: readonly Need[]): string => `${name} [needs ${lacking.join(', ')}]`;

/** `test`, skipped by name when something is missing. */
export function testNeeds(
  needs: readonly Need[],
  name: string,
  body: (() => void) | (() => Promise<void>),
  timeout?: number,
): void {
  const lacking = missing(needs);
  if (lacking.length > 0) test.skip(named(name, lacking), body);
  else test(name, body, timeout);
}

/** `describe`, skipped by name when something is missing. */
export function describeNeeds(needs: readonly Need[], name: string, body: () => void): void {
  const lacking = missing(needs);
  if (lacking.length > 0) describe.skip(named(name, lacking), body);
  else describe(name, body);
}
