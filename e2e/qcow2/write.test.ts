import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haveSameBytes } from '../support/file-bytes.ts';
import { LoopDevice } from '../support/loop.ts';
import { cE2image, commandLine, describeNeeds, ours, qemuImg, testNeeds } from '../support/oracle.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

let folder = '';
const file = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'qcow2-write-'));
  writeFileSync(file('disk'), disk());
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** 9 MiB and three sectors: noise, text, zeros in between, and something in the last hundred bytes. */
function disk(): Uint8Array {
  const bytes = new Uint8Array(9 * MIB + 3 * 512);
  bytes.set(noise(1500 * KIB), 0);
  bytes.set(text(900 * KIB), 2 * MIB + 512);
  for (let at = 4 * MIB; at < 5 * MIB; at += 24 * KIB) bytes.set(text(5 * KIB), at);
  bytes.set(noise(300 * KIB), 6 * MIB + 1000);
  bytes.fill(0xaa, bytes.length - 100);
  return bytes;
}

function noise(length: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let n = 0; n * 32 < length; n++) blocks.push(createHash('sha256').update(`noise ${n}`).digest());
  return Buffer.concat(blocks, length);
}

function text(length: number): Uint8Array {
  let lines = '';
  for (let n = 0; lines.length < length; n++) lines += `line ${n} of a text that repeats itself, more or less\n`;
  return Buffer.from(lines.slice(0, length), 'latin1');
}

/** Run `qcow2` through real pipes: `cat < stdin | qcow2 ... | cat > stdout`. */
function piped(args: readonly string[], target: string, source = '/dev/null'): void {
  const command = [...commandLine('qcow2'), ...args].map((word) => `'${word}'`).join(' ');
  const script = `set -o pipefail; cat < '${source}' | ${command} | cat > '${target}'`;
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

function qcow2(...args: string[]): string {
  const { status, stdout, stderr } = ours(args, { tool: 'qcow2' });
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return new TextDecoder().decode(stdout);
}

/** qemu-img finds nothing to complain of, and the disk inside is `raw`. */
function expectClean(image: string, raw = file('disk')): void {
  const check = qemuImg(['check', '-f', 'qcow2', image]);
  expect({ status: check.status, stderr: check.stderr, out: new TextDecoder().decode(check.stdout) }).toMatchObject({
    status: 0,
    stderr: '',
  });
  const compare = qemuImg(['compare', '-f', 'raw', '-F', 'qcow2', raw, image]);
  expect({ status: compare.status, stderr: compare.stderr }).toEqual({ status: 0, stderr: '' });
}

function expectSame(a: string, b: string): void {
  expect(haveSameBytes(a, b)).toBe(true);
}

const SIZES = [512, KIB, 4 * KIB, 64 * KIB, 256 * KIB, 2 * MIB];
/** Ways of writing by options; each goes into a file and into a pipe. */
const WAYS: readonly (readonly [string, readonly string[]])[] = [
  ['plain version 2', ['--to=qcow2']],
  ['plain version 3', ['--qcow2-version=3']],
  ['zlib version 2', ['--compress=zlib']],
  ['zlib version 3 in two passes', ['--compress=zlib', '--qcow2-version=3', '--pipe-layout=two-pass']],
  ['zlib with a budget', ['--compress=zlib', '--level=1', '--pipe-layout=budget']],
  ['zstd', ['--compress=zstd']],
];
const MATRIX = SIZES.flatMap((size) => WAYS.map(([name, options]) => [`${name}, ${size}`, size, options] as const));

describeNeeds(['qemu-img'], 'images of a disk', () => {
  test.each(MATRIX)(
    '%s: in a file and through a pipe they are clean, equal, and as long as measured',
    (_, size, options) => {
      const args = ['convert', ...options, `--cluster-size=${size}`];
      qcow2(...args, file('disk'), file('a.qcow2'));
      expectClean(file('a.qcow2'));
      piped([...args, file('disk'), '-'], file('b.qcow2'));
      expectClean(file('b.qcow2'));
      // Measuring compresses a second time: one way of it is enough.
      if (!options.includes('--compress=zlib') || options.includes('--pipe-layout=two-pass')) {
        expect(statSync(file('b.qcow2')).size).toBe(Number(qcow2(...args, '--measure', file('disk'))));
      }
      const info = JSON.parse(new TextDecoder().decode(qemuImg(['info', '--output=json', file('b.qcow2')]).stdout));
      expect(info).toMatchObject({
        'virtual-size': statSync(file('disk')).size,
        'cluster-size': size,
        format: 'qcow2',
      });
    },
  );

  test.each(['zlib', 'zstd'])('%s: a disk from a pipe is compressed into a file and into a pipe', (type) => {
    piped(['convert', `--compress=${type}`, '-', file('a.qcow2')], file('nothing'), file('disk'));
    expectClean(file('a.qcow2'));
    piped(['convert', `--compress=${type}`, '-', '-'], file('b.qcow2'), file('disk'));
    expectClean(file('b.qcow2'));
    expectSame(file('a.qcow2'), file('b.qcow2'));
  });

  test('what we write into pipes is read from pipes without a temporary file', () => {
    for (const options of [['--to=qcow2'], ['--compress=zlib', '--cluster-size=4096'], ['--compress=zstd']]) {
      piped(['convert', ...options, file('disk'), '-'], file('a.qcow2'));
      // The folder does not exist: a command that spools something fails.
      piped(['cat', '--spool=/nonexistent', '-'], file('a.raw'), file('a.qcow2'));
      expectSame(file('a.raw'), file('disk'));
      piped(['convert', '--spool=/nonexistent', '-', '-'], file('a.raw'), file('a.qcow2'));
      expectSame(file('a.raw'), file('disk'));
    }
  });

  test('a plain image of a disk from a pipe', () => {
    piped(['convert', '--cluster-size=4096', '-', '-'], file('a.qcow2'), file('disk'));
    expectClean(file('a.qcow2'));
  });

  test('a disk of no bytes, of one sector, and of a length that is not a multiple of a sector', () => {
    for (const length of [0, 512, 65_536 - 512, 65_537]) {
      writeFileSync(file('small'), noise(length));
      for (const options of [['--to=qcow2'], ['--compress=zlib']]) {
        qcow2('convert', ...options, file('small'), file('a.qcow2'));
        piped(['convert', ...options, file('small'), '-'], file('b.qcow2'));
        writeFileSync(file('padded'), noise(length));
        truncateSync(file('padded'), Math.ceil(length / 512) * 512);
        expectClean(file('a.qcow2'), file('padded'));
        expectClean(file('b.qcow2'), file('padded'));
      }
    }
  });

  test('100 GiB with little in it: small, quick, and not by the cluster', () => {
    const fd = openSync(file('large'), 'w');
    writeSync(fd, text(4096), 0, 4096, 50 * 2 ** 30);
    writeSync(fd, text(100), 0, 100, 100 * 2 ** 30 - 100);
    closeSync(fd);
    const before = process.hrtime.bigint();
    piped(['convert', '--cluster-size=4096', file('large'), '-'], file('a.qcow2'));
    expect(Number(process.hrtime.bigint() - before) / 1e9).toBeLessThan(5);
    // What the specification's prototype needed.
    expect(statSync(file('a.qcow2')).size).toBe(438_272);
    expectClean(file('a.qcow2'), file('large'));
    rmSync(file('large'));
  });

  test('disks beyond what 64 KiB clusters can map get larger ones; a size that QEMU refuses is refused before writing', () => {
    truncateSync(openNew('huge'), 3 * 2 ** 40);
    const { status, stderr } = ours(['convert', '--cluster-size=1024', file('huge'), file('never')], { tool: 'qcow2' });
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("QEMU's tables") });
    expect(() => statSync(file('never'))).toThrow('ENOENT');
    qcow2('convert', file('huge'), file('a.qcow2'));
    expectClean(file('a.qcow2'), file('huge'));
  });
});

function openNew(name: string): string {
  writeFileSync(file(name), '');
  return file(name);
}

describeNeeds(['qemu-img'], 'images of QEMU', () => {
  const MADE: readonly (readonly [string, readonly string[]])[] = [
    ['plain', []],
    ['512-byte clusters', ['-o', 'cluster_size=512']],
    ['version 2', ['-o', 'compat=0.10,cluster_size=4k']],
    ['compressed', ['-c']],
    ['compressed, 4 KiB clusters', ['-c', '-o', 'cluster_size=4k']],
    ['compressed, 2 MiB clusters', ['-c', '-o', 'cluster_size=2M']],
    ['zstd', ['-c', '-o', 'compression_type=zstd']],
    ['out of order', ['-W', '-m', '16']],
    ['compressed out of order', ['-c', '-W', '-m', '16', '-o', 'cluster_size=4k']],
    ['preallocated', ['-o', 'preallocation=metadata']],
    ['64-bit refcounts', ['-o', 'refcount_bits=64']],
    ['1-bit refcounts', ['-o', 'refcount_bits=1']],
  ];

  test.each(MADE)('%s: read from a pipe, and written again', (_, options) => {
    expect(qemuImg(['convert', '-f', 'raw', '-O', 'qcow2', ...options, file('disk'), file('theirs')]).status).toBe(0);
    piped(['convert', '-', file('a.raw')], file('nothing'), file('theirs'));
    expectSame(file('a.raw'), file('disk'));
    piped(['cat', file('theirs')], file('b.raw'));
    expectSame(file('b.raw'), file('disk'));
    piped(['cat', '-'], file('b.raw'), file('theirs'));
    expectSame(file('b.raw'), file('disk'));
    piped(['convert', '--compress=zstd', '-', '-'], file('a.qcow2'), file('theirs'));
    expectClean(file('a.qcow2'));
  });

  test('an image that was written to, with snapshots, is read from a pipe', () => {
    qemuImg(['convert', '-f', 'raw', '-O', 'qcow2', '-o', 'cluster_size=4k', file('disk'), file('theirs')]);
    qemuImg(['snapshot', '-c', 'one', file('theirs')]);
    spawnSync('qemu-io', ['-c', 'write -P 5 1M 2M', '-c', 'write -P 6 8M 64k', '-c', 'discard 0 64k', file('theirs')]);
    qemuImg(['snapshot', '-c', 'two', file('theirs')]);
    spawnSync('qemu-io', ['-c', 'write -P 7 1536k 1M', file('theirs')]);
    qemuImg(['convert', '-f', 'qcow2', '-O', 'raw', file('theirs'), file('their.raw')]);
    piped(['convert', '-', file('a.raw')], file('nothing'), file('theirs'));
    expectSame(file('a.raw'), file('their.raw'));
  });

  test('an image that was grown, so that its L1 table comes late, is read from a pipe', () => {
    qemuImg(['convert', '-f', 'raw', '-O', 'qcow2', '-o', 'cluster_size=512', file('disk'), file('theirs')]);
    qemuImg(['resize', file('theirs'), '200M']);
    qemuImg(['convert', '-f', 'qcow2', '-O', 'raw', file('theirs'), file('their.raw')]);
    piped(['convert', '-', file('a.raw')], file('nothing'), file('theirs'));
    expectSame(file('a.raw'), file('their.raw'));
  });

  test('an overlay is converted with what it stands on, when that may be opened', () => {
    qemuImg(['convert', '-f', 'raw', '-O', 'qcow2', file('disk'), file('base')]);
    qemuImg(['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', 'base', file('overlay'), '12M']);
    spawnSync('qemu-io', ['-c', 'write -P 5 1M 2M', '-c', 'write -z 4M 64k', file('overlay')]);
    qemuImg(['convert', '-f', 'qcow2', '-O', 'raw', file('overlay'), file('their.raw')]);
    qcow2('convert', file('overlay'), file('a.raw'));
    expectSame(file('a.raw'), file('their.raw'));
    qcow2('convert', '--compress=zlib', file('overlay'), file('a.qcow2'));
    expectClean(file('a.qcow2'), file('their.raw'));
    // From a pipe there is no folder to find it in.
    const { status, stderr } = ours(['cat', '-'], { tool: 'qcow2', input: readFileSync(file('overlay')) });
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('backing file') });
  });

  test('a pipe that ends early is an error, and no file is left', () => {
    qemuImg(['convert', '-f', 'raw', '-O', 'qcow2', file('disk'), file('theirs')]);
    const cut = readFileSync(file('theirs')).subarray(0, 1_000_000);
    const { status, stderr } = ours(['convert', '-', file('never')], { tool: 'qcow2', input: cut });
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('ends before') });
    expect(() => statSync(file('never'))).toThrow('ENOENT');
  });
});

testNeeds(
  ['qemu-img', 'loop'],
  'onto a block device: holes become zeros, from a file and from a pipe; a small one is refused',
  () => {
    qemuImg(['convert', '-f', 'raw', '-O', 'qcow2', file('disk'), file('theirs')]);
    const old = new Uint8Array(statSync(file('disk')).size).fill(0xee);
    for (const how of ['file', 'pipe']) {
      writeFileSync(file('device'), old);
      using device = LoopDevice.attach(file('device'));
      if (how === 'file') qcow2('convert', file('theirs'), device.path);
      else piped(['convert', '-', device.path], file('nothing'), file('theirs'));
      device.flush();
      expectSame(file('device'), file('disk'));
    }
    truncateSync(openNew('small'), 8 * MIB);
    using small = LoopDevice.attach(file('small'));
    const { status, stderr } = ours(['convert', file('theirs'), small.path], { tool: 'qcow2' });
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('too small') });
  },
);

testNeeds(['e2image'], 'the C e2image reads plain version 2 images, from files and from pipes', () => {
  // It looks for a superblock, and ends with a zero byte at the last place (misc/e2image.c): the disk ends with zeros.
  spawnSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', openNew('fs'), '8M']);
  for (const size of [1024, 4096, 65_536]) {
    qcow2('convert', `--cluster-size=${size}`, '--to=qcow2', file('fs'), file('a.qcow2'));
    piped(['convert', `--cluster-size=${size}`, '--to=qcow2', file('fs'), '-'], file('b.qcow2'));
    for (const image of ['a.qcow2', 'b.qcow2']) {
      expect(cE2image(['-r', file(image), file('theirs.raw')]).status).toBe(0);
      truncateSync(file('theirs.raw'), 8 * MIB);
      expectSame(file('theirs.raw'), file('fs'));
      rmSync(file('theirs.raw'));
    }
  }
});
