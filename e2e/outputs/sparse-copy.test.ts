import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFifo } from '../support/endless.ts';
import { LoopDevice } from '../support/loop.ts';
import { commandLine, find, ours, RUNTIMES, type Runtime, testNeeds, tool } from '../support/oracle.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-sparse-copy-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const allocated = (path: string): number => statSync(path).blocks * 512;

/** A file of `size` bytes with data that differs from byte to byte at each of `offsets`. */
function sparseFile(name: string, size: number, offsets: readonly number[], length = 5000): string {
  const fd = openSync(file(name), 'w');
  const pattern = new Uint8Array(length + 255).map((_, at) => (at % 255) + 1);
  for (const offset of offsets) writeSync(fd, pattern, Math.floor(offset / 4096) % 255, length, offset);
  ftruncateSync(fd, size);
  closeSync(fd);
  return file(name);
}

/** Where the data of a file is that is too long for cmp, which reads holes as it reads data. */
const FAR = [7 * MIB, 5 * GIB, 100 * GIB - 5000];

/** Sources that differ in what is hard about them. */
const SOURCES: Readonly<Record<string, () => string>> = {
  small: () => sparseFile('source', 1_000_003, [0, 500_000]),
  'sparse, 100 GiB': () => sparseFile('source', 100 * GIB, FAR),
  'fragmented, every other block': () =>
    sparseFile(
      'source',
      64 * MIB,
      Array.from({ length: 4096 }, (_, at) => at * 16_384),
      4096,
    ),
  'zeros that are allocated': () => {
    writeFileSync(file('source'), new Uint8Array(20 * MIB).fill(1, 3 * MIB, 4 * MIB));
    return file('source');
  },
};

/** Those that are short enough to be sent through a pipe, where holes are bytes. */
const PIPED = Object.keys(SOURCES).filter((name) => name !== 'sparse, 100 GiB');

function expectSame(a: string, b: string): void {
  expect(statSync(b).size).toBe(statSync(a).size);
  if (statSync(a).size < GIB) expect(tool('cmp', [a, b]).status).toBe(0);
  else for (const offset of FAR) expect(tool('cmp', ['-n', '8192', '-i', `${offset - 2048}`, a, b]).status).toBe(0);
}

describe.each(RUNTIMES)('%s', (runtime: Runtime) => {
  const copy = (...args: string[]) => ours(args, { tool: 'sparse-copy', runtime });
  const command = (...args: string[]): string =>
    [...commandLine('sparse-copy', runtime), ...args].map((word) => `'${word}'`).join(' ');
  const shell = (script: string) => tool('bash', ['-c', `set -o pipefail; ${script}`]);

  describe.each(Object.keys(SOURCES))('%s', (name) => {
    const source = (): string => SOURCES[name]?.() ?? '';

    test('file to file: same bytes, no more blocks than cp --sparse=always', () => {
      const from = source();
      expect(copy(from, file('target'))).toMatchObject({ status: 0, stderr: '' });
      expectSame(from, file('target'));
      tool('cp', ['--sparse=always', from, file('cp')]);
      // The blocks of the extent tree are counted when they are written.
      tool('sync', [from, file('cp')]);
      expect(allocated(file('target'))).toBeLessThanOrEqual(allocated(file('cp')) + 4096);
    });
  });

  describe.each(PIPED)('%s', (name) => {
    const source = (): string => SOURCES[name]?.() ?? '';

    test('from a redirect, a pipe and a FIFO', () => {
      const from = source();
      expect(shell(`${command('-', file('a'))} < ${from}`).status).toBe(0);
      expect(shell(`cat ${from} | ${command('-', file('b'))}`).status).toBe(0);
      makeFifo(file('fifo'));
      expect(shell(`cat ${from} > ${file('fifo')} & ${command(file('fifo'), file('c'))}`).status).toBe(0);
      tool('sync', [from]);
      for (const target of ['a', 'b', 'c']) {
        expectSame(from, file(target));
        expect(allocated(file(target))).toBeLessThanOrEqual(allocated(from) + 4096);
      }
    });

    test('to a pipe, through two of them, to a redirect and a FIFO', () => {
      const from = source();
      expect(shell(`${command(from, '-')} | cat > ${file('a')}`).status).toBe(0);
      expect(shell(`${command(from, '-')} | cat | ${command('-', file('b'))}`).status).toBe(0);
      expect(shell(`${command(from, '-')} > ${file('c')}`).status).toBe(0);
      makeFifo(file('fifo'));
      expect(
        shell(`cat ${file('fifo')} > ${file('d')} & ${command(from, file('fifo'))}; s=$?; wait; exit $s`).status,
      ).toBe(0);
      for (const target of ['a', 'b', 'c', 'd']) expectSame(from, file(target));
    });
  });

  test('a redirect that stands in the middle of a file is copied from there', () => {
    writeFileSync(file('a'), 'head body');
    expect(shell(`{ head -c 5 >/dev/null; ${command('-', file('b'))}; } < ${file('a')}`).status).toBe(0);
    expect(readFileSync(file('b'), 'utf8')).toMatch(/body$/);
  });

  describe('onto a block device', () => {
    /** A loop device of 16 MiB full of 0xff, and a source of 8 MiB with data at 1 MiB. */
    function setting() {
      writeFileSync(file('disk'), new Uint8Array(16 * MIB).fill(255));
      return { loop: LoopDevice.attach(file('disk')), source: sparseFile('source', 8 * MIB, [MIB]) };
    }

    test.each(['write', 'punch', 'discard', undefined])(
      '--zero=%s: the image is exact, the bytes after it stay',
      (zero) => {
        if (process.getuid?.() !== 0) return;
        const { loop, source } = setting();
        {
          using device = loop;
          const args = zero === undefined ? [] : [`--zero=${zero}`];
          expect(copy(...args, source, device.path)).toMatchObject({ status: 0, stderr: '' });
        }
        const disk = readFileSync(file('disk'));
        expect(disk.subarray(0, 8 * MIB).equals(readFileSync(source))).toBe(true);
        expect(disk.subarray(8 * MIB).every((byte) => byte === 255)).toBe(true);
        const isFreed = allocated(file('disk')) < 10 * MIB;
        expect(isFreed).toBe(zero === 'punch' || zero === 'discard');
      },
    );

    testNeeds(['loop'], 'one that is too small is refused before a byte is written', () => {
      writeFileSync(file('disk'), new Uint8Array(MIB).fill(255));
      const source = sparseFile('source', 8 * MIB, [0]);
      {
        using loop = LoopDevice.attach(file('disk'));
        const { status, stderr } = copy(source, loop.path);
        expect(status).toBe(1);
        expect(stderr).toContain(`the target is too small: ${loop.path} has ${MIB} bytes, ${8 * MIB} are needed`);
      }
      expect(readFileSync(file('disk')).every((byte) => byte === 255)).toBe(true);
    });

    testNeeds(['loop'], 'one that a pipe overfills is an error, not a success', () => {
      writeFileSync(file('disk'), new Uint8Array(MIB));
      using loop = LoopDevice.attach(file('disk'));
      const { status, stderr } = shell(`head -c 3M /dev/urandom | ${command('-', loop.path)}`);
      expect(status).toBe(1);
      expect(stderr).toContain(`No space left on device while writing ${loop.path}`);
    });

    testNeeds(['loop'], 'a file and the device on it are one disk, both ways round', () => {
      writeFileSync(file('disk'), new Uint8Array(MIB).fill(7));
      using loop = LoopDevice.attach(file('disk'));
      for (const operands of [
        [file('disk'), loop.path],
        [loop.path, file('disk')],
      ]) {
        const { status, stderr } = copy(...operands);
        expect([status, stderr.includes('share bytes of one disk')]).toEqual([1, true]);
      }
    });

    testNeeds(['loop'], 'a device is a source as any file', () => {
      writeFileSync(file('disk'), new Uint8Array(3 * MIB).fill(7, MIB, 2 * MIB));
      using loop = LoopDevice.attach(file('disk'));
      expect(copy(loop.path, file('image')).status).toBe(0);
      expectSame(file('disk'), file('image'));
      expect(allocated(file('image'))).toBeLessThanOrEqual(MIB + 4096);
    });
  });

  (find('script') === undefined ? test.skip : test)(
    '-p draws a bar on a terminal and leaves it as it was [needs script]',
    () => {
      writeFileSync(file('a'), new Uint8Array(64 * MIB).fill(1));
      const { status, stdout } = tool('script', ['-qec', command('-p', file('a'), file('b')), '/dev/null']);
      const screen = new TextDecoder().decode(stdout);
      expect(status).toBe(0);
      expect(screen).toMatch(/Copying =*-* .*MB\/s/);
      expect(screen).toMatch(/\rCopied 64 \/ 64 MiB \(100%\) in /);
      // Death by a signal would leave a hidden cursor hidden, and lines that do not wrap.
      expect(screen).not.toMatch(/\[\?(25|7)l/);
    },
  );

  test('the source is never its own target', () => {
    writeFileSync(file('a'), 'precious');
    tool('ln', [file('a'), file('link')]);
    for (const target of ['a', 'link']) expect(copy(file('a'), file(target)).status).toBe(1);
    expect(shell(`${command('-', file('a'))} < ${file('a')}`).status).toBe(1);
    expect(shell(`${command(file('a'), '-')} >> ${file('a')}`).status).toBe(1);
    expect(readFileSync(file('a'), 'utf8')).toBe('precious');
  });
});
