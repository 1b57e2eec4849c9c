import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeFifo, prompt, start } from '../support/endless.ts';
import { haveSameBytes } from '../support/file-bytes.ts';
import { copyOf, FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { commandLine, describeNeeds, ours, RUNTIMES, type Runtime, type Tool, tool } from '../support/oracle.ts';

/**
 * Wherever a command waits for somebody at the other end of a pipe, a signal ends it: all but what outputs.test.ts and
 * raw/outputs.test.ts show of sparse-copy and of raw images.
 */

let folder = '';
const file = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-pipe-signals-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where the two ends of the command are. `FS`, `IMAGE`, `DEVICE`, `FIFO` and `OUT` in its words are replaced. */
interface Scene {
  readonly tool: Tool;
  readonly words: string;
}

const scene = (name: Tool, words: string): Scene => ({ tool: name, words });

/** Nobody reads standard output. */
const FULL_PIPE: readonly Scene[] = [
  scene('e2image', '-ra FS -'),
  scene('e2image', '-rap FS -'),
  scene('e2image', '-Qa FS -'),
  scene('e2image', '-Qap FS -'),
  scene('e2image', '-Qa --compress zlib --level 1 FS -'),
  scene('e2image', 'WIDE -'),
  scene('qcow2', 'cat IMAGE'),
  scene('qcow2', 'convert --to=qcow2 FS -'),
  scene('qcow2', 'convert --compress=zlib --level=1 FS -'),
  scene('e2scramble', 'FS -'),
];

/** Nobody writes to standard input. */
const SILENT_INPUT: readonly Scene[] = [
  scene('e2image', '- OUT'),
  scene('e2image', '-Q - OUT'),
  scene('e2image', '-Qp --measure -'),
  scene('e2image', '-I DEVICE -'),
  scene('e2image-restore', '- DEVICE'),
  scene('qcow2', 'check -'),
  scene('qcow2', 'info -'),
  scene('qcow2', 'cat -'),
  scene('qcow2', 'convert - OUT'),
  scene('qcow2', 'convert --compress=zlib --from=raw - OUT'),
  scene('e2scramble', '- OUT'),
];

/** A FIFO as the source, which nobody opens for writing. */
const NO_WRITER: readonly Scene[] = [
  scene('e2image', '-r FIFO OUT'),
  scene('e2image', '-Q FIFO OUT'),
  scene('e2image-restore', 'FIFO DEVICE'),
  scene('qcow2', 'check FIFO'),
  scene('qcow2', 'cat FIFO'),
  scene('qcow2', 'convert FIFO OUT'),
  scene('sparse-copy', 'FIFO OUT'),
  scene('e2scramble', 'FIFO OUT'),
];

/** A FIFO as the target, which nobody opens for reading. */
const NO_READER: readonly Scene[] = [
  scene('e2image', 'FS FIFO'),
  scene('e2image', '-Qp FS FIFO'),
  scene('qcow2', 'convert FS FIFO'),
  scene('e2scramble', 'FS FIFO'),
];

describeNeeds([...FIXTURE_NEEDS], 'a signal', () => {
  beforeAll(() => {
    makeFifo(file('fifo'));
    makeFifo(file('pipe'));
    mkdirSync(file('out'));
    copyOf(fixture('ext4-1k'), file('device'));
    expect(ours(['convert', fixture('full-of-files'), file('image')], { tool: 'qcow2' })).toMatchObject({ status: 0 });
    // Its normal image is longer than a pipe takes.
    const args = ['-q', '-F', '-t', 'ext4', '-N', '40000', file('wide'), '64M'];
    expect(tool('mke2fs', args)).toMatchObject({ status: 0 });
  });

  const wordsOf = ({ words }: Scene): string[] => {
    const paths: Readonly<Record<string, string>> = {
      FS: fixture('full-of-files'),
      WIDE: file('wide'),
      IMAGE: file('image'),
      DEVICE: file('device'),
      FIFO: file('fifo'),
      OUT: file('out/image'),
    };
    return words.split(' ').map((word) => paths[word] ?? word);
  };

  describe.each(RUNTIMES)('%s', (runtime: Runtime) => {
    // The bundle handles both in one way, which one of them shows; with E2E_ALL=1 both are tried.
    const isWhole = runtime === 'standalone executable' || process.env['E2E_ALL'] === '1';
    const signals = isWhole ? (['SIGINT', 'SIGTERM'] as const) : (['SIGTERM'] as const);
    describe.each(signals)('%s', (signal) => {
      async function endsAt(each: Scene, stdio: readonly ['ignore' | number, 'ignore' | number]): Promise<void> {
        const ending = await prompt(async () => {
          const running = start(each.tool, wordsOf(each), { runtime, stdio: [...stdio, 'pipe'] });
          await waiting(running.child.pid ?? 0);
          // One that does not listen must not be left behind.
          const killer = globalThis.setTimeout(() => running.child.kill('SIGKILL'), 3000);
          return running.end(signal).finally(() => clearTimeout(killer));
        });
        expect(ending).toMatchObject({ status: null, signal });
        expect(readdirSync(file('out'))).toEqual([]);
        if (each.words.includes('DEVICE')) expect(haveSameBytes(file('device'), fixture('ext4-1k'))).toBe(true);
      }

      test.each(FULL_PIPE)('ends $tool $words, which waits for a reader', (each) =>
        withPipe((pipe) => endsAt(each, ['ignore', pipe])),
      );
      test.each(SILENT_INPUT)('ends $tool $words, which waits for input', (each) =>
        withPipe((pipe) => endsAt(each, [pipe, 'ignore'])),
      );
      test.each(NO_WRITER)('ends $tool $words, which waits for a writer', (each) => endsAt(each, ['ignore', 'ignore']));
      test.each(NO_READER)('ends $tool $words, whose FIFO waits for a reader', (each) =>
        endsAt(each, ['ignore', 'ignore']),
      );
    });

    test.each(FULL_PIPE)('$tool $words ends as quietly as cat when its reader goes away', (each) => {
      const command = [...commandLine(each.tool, runtime), ...wordsOf(each)].join(' ');
      const { status, stderr } = tool('bash', ['-c', `set -o pipefail; ${command} | head -c 10 >/dev/null`]);
      expect(status).toBe(141);
      // The version, as C prints it, what -p shows, and what was hidden.
      expect(stderr.replaceAll(/^e2image 1\.\S+ \(.*\)$|^Scanning inodes\.\.\.$|Copying [^\n]*\n?/gm, '').trim()).toBe(
        '',
      );
    });
  });
});

/** A pipe with both ends open and nothing in it. */
async function withPipe(use: (pipe: number) => Promise<void>): Promise<void> {
  const pipe = openSync(file('pipe'), constants.O_RDWR);
  try {
    await use(pipe);
  } finally {
    closeSync(pipe);
  }
}

/** Wait until a thread of the process sleeps for a pipe; where the kernel does not report that, long enough. */
async function waiting(pid: number): Promise<void> {
  for (const deadline = performance.now() + 1500; performance.now() < deadline; await setTimeout(5)) {
    if (sleeps(pid).some((place) => /pipe|partner/.test(place))) return;
  }
}

function sleeps(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/wchan`, 'latin1'));
  } catch {
    // The process, or one of its threads, has ended.
    return [];
  }
}
