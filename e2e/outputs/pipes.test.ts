import { Buffer } from 'node:buffer';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIXTURE_NEEDS, fixture } from '../support/fixtures.ts';
import { commandLine, describeNeeds, ours, qemuImg, RUNTIMES, type Runtime, tool } from '../support/oracle.ts';

/** Every format of e2image through everything that a shell can put after it. */

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-pipes-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);

/** A file system of that size with little in it, in a file that is a hole but for its metadata. */
function sparse(size: string): string {
  const path = file(`sparse-${size}`);
  const options = ['-i', '262144', '-J', 'size=4', '-E', 'lazy_itable_init=1,lazy_journal_init=1'];
  expect(tool('truncate', ['-s', size, path]).status).toBe(0);
  expect(tool('mke2fs', ['-q', '-F', '-t', 'ext4', ...options, path]).status).toBe(0);
  return path;
}

/** A raw image in a pipe is all of its zeros, so for raw ones "sparse" is less: 100 GiB take 7 s, and more to compare. */
const SOURCES = [
  { name: 'small', make: () => fixture('ext4-1k'), kinds: ['normal', 'raw', 'qcow2'] },
  { name: 'fragmented', make: () => fixture('extents-depth-2-1k'), kinds: ['normal', 'raw', 'qcow2'] },
  { name: 'sparse, 100 GiB', make: () => sparse('100G'), kinds: ['normal', 'qcow2'] },
  { name: 'sparse, 256 MiB', make: () => sparse('256M'), kinds: ['raw'] },
] as const;

/** A format, and the options of the file that its bytes, or the disk inside, are compared with. */
interface Format {
  readonly name: string;
  readonly kind: 'normal' | 'raw' | 'qcow2';
  readonly options: readonly string[];
  readonly reference: readonly string[];
}

const FORMATS: readonly Format[] = [
  { name: 'normal', kind: 'normal', options: [], reference: [] },
  { name: 'raw', kind: 'raw', options: ['-r'], reference: ['-r'] },
  { name: 'raw with contents', kind: 'raw', options: ['-ra'], reference: ['-ra'] },
  { name: 'QCOW2', kind: 'qcow2', options: ['-Q'], reference: ['-r'] },
  { name: 'QCOW2 with contents', kind: 'qcow2', options: ['-Qa'], reference: ['-ra'] },
  { name: 'QCOW2, zlib', kind: 'qcow2', options: ['-Qa', '--compress', 'zlib'], reference: ['-ra'] },
  { name: 'QCOW2, zstd', kind: 'qcow2', options: ['-Q', '--compress', 'zstd'], reference: ['-r'] },
];

/** The rest of the pipeline, as a shell command: it writes the image to the given path, its bytes come to `out`. */
interface Channel {
  readonly name: string;
  readonly script: (command: string, out: string, runtime: Runtime) => string;
}

const PIPE: Channel = { name: 'a pipe', script: (command, out) => `${command} - | cat > '${out}'` };
const CHANNELS: readonly Channel[] = [
  PIPE,
  { name: 'a redirect', script: (command, out) => `${command} - > '${out}'` },
  {
    name: 'a FIFO',
    script: (command, out) =>
      `mkfifo '${out}.fifo'; cat '${out}.fifo' > '${out}' & ${command} '${out}.fifo'; s=$?; wait; exit $s`,
  },
  {
    // As `| ssh host sparse-copy - disk.img` has it.
    name: 'two pipes and sparse-copy',
    script: (command, out, runtime) =>
      `${command} - | cat | ${commandLine('sparse-copy', runtime).join(' ')} - '${out}'`,
  },
];

/** Send an image of `source` through a channel. @returns the file with what came out */
function send(format: Format, channel: Channel, runtime: Runtime, source: string): string {
  const out = file('out');
  for (const path of [out, `${out}.fifo`]) rmSync(path, { force: true });
  const command = [...commandLine('e2image', runtime), ...format.options, `'${source}'`].join(' ');
  const script = channel.script(command, out, runtime);
  expect(tool('bash', ['-c', `set -o pipefail; ${script}`])).toMatchObject({ status: 0 });
  return out;
}

/** The time of making, and the numbers of the image's own inode and device, are each image's own. */
function withoutIdentity(path: string): Uint8Array {
  const bytes = readFileSync(path);
  for (const [from, to] of [
    [20, 28],
    [240, 256],
  ] as const) {
    bytes.fill(0, from, to);
  }
  return bytes;
}

function expectSame(image: string, other: string, format: Format): void {
  if (format.kind === 'normal') expect(Buffer.compare(withoutIdentity(image), withoutIdentity(other))).toBe(0);
  else expect(tool('cmp', [image, other])).toMatchObject({ status: 0 });
}

function expectClean(image: string, raw: string): void {
  expect(qemuImg(['check', '-q', '-f', 'qcow2', image])).toMatchObject({ status: 0, stderr: '' });
  expect(qemuImg(['compare', '-q', '-f', 'raw', '-F', 'qcow2', raw, image])).toMatchObject({ status: 0, stderr: '' });
}

describeNeeds([...FIXTURE_NEEDS, 'qemu-img'], 'an image', () => {
  describe.each(SOURCES)('of a file system that is $name', ({ name, make, kinds }) => {
    let source = '';
    beforeAll(() => {
      source = make();
    });

    // On Node the calls of the kernel are bound in another way, which one channel and one file system show.
    const isWhole = name === 'small' || process.env['E2E_ALL'] === '1';
    describe.each(isWhole ? RUNTIMES : RUNTIMES.slice(0, 1))('%s', (runtime: Runtime) => {
      const channels = runtime === 'standalone executable' ? CHANNELS : [PIPE];
      const formats = FORMATS.filter(({ kind }) => kinds.some((each) => each === kind));

      test.each(formats)(
        '$name: has the bytes of the file, as many as measured, whatever it goes through',
        (format) => {
          const reference = file('reference');
          expect(ours([...format.reference, source, reference], { runtime })).toMatchObject({ status: 0 });
          const bytes = measured(format, source, runtime);
          for (const channel of channels) {
            const out = send(format, channel, runtime, source);
            expect([channel.name, statSync(out).size]).toEqual([channel.name, bytes]);
            if (format.kind !== 'qcow2') expectSame(out, reference, format);
            else if (channel === PIPE) expectClean(out, reference);
            else expectSame(out, file('first'), format);
            if (channel === PIPE) renameSync(out, file('first'));
          }
        },
      );
    });
  });
});

/** What --measure says; its plain text and its JSON say the same. */
function measured(format: Format, source: string, runtime: Runtime): number {
  const [text, json] = [[], ['--json']].map((words) => {
    const { stdout } = ours(['--measure', ...words, ...format.options, source], { runtime });
    return new TextDecoder().decode(stdout);
  });
  const { bytes } = JSON.parse(json ?? '');
  expect(text).toBe(`${bytes}\n`);
  return bytes;
}
