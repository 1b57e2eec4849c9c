import { parseOptions } from '@e2image/cli';
import type { DiskView, FileIdentity } from '@e2image/sparse-io';
import { planConvert } from './convert-plan.ts';
import { CONVERT_TABLE } from './convert-table.ts';

const PATHS: Record<string, FileIdentity> = {
  a: { kind: 'file', dev: 1, ino: 1, rdev: 0 },
  link: { kind: 'file', dev: 1, ino: 1, rdev: 0 },
  fifo: { kind: 'other', dev: 1, ino: 3, rdev: 0 },
  '/dev/sda': { kind: 'block-device', dev: 1, ino: 4, rdev: 0x800 },
  '/dev/stdin': { kind: 'file', dev: 1, ino: 2, rdev: 0 },
};
const disks: DiskView = { identify: (path) => PATHS[path], readText: () => undefined, list: () => [] };
const plan = (...argv: string[]) => planConvert(parseOptions(CONVERT_TABLE, argv), disks);

test('two operands are source and target; the format of the target is left open', () => {
  expect(plan('a', 'b')).toMatchObject({ source: 'a', target: 'b', from: undefined, to: undefined, version: 2 });
});

test.each<[string[], object]>([
  [['--compress=zlib'], { to: 'qcow2', compression: 'zlib', version: 2, level: undefined }],
  [['--compress=zstd', '--level', '19'], { to: 'qcow2', compression: 'zstd', version: 3, level: 19 }],
  [['--cluster-size=2097152'], { to: 'qcow2', clusterBits: 21 }],
  [['--qcow2-version=3'], { to: 'qcow2', version: 3 }],
  [['-O', 'raw', '-f', 'qcow2'], { to: 'raw', from: 'qcow2' }],
  [['--pipe-layout=budget'], { pipeLayout: 'budget' }],
  [['--allow-anywhere'], { rules: { follow: 'chain', isAnywhere: true, isProbing: false } }],
])('%j', (options, expected) => {
  expect(plan(...options, 'a', 'b')).toMatchObject(expected);
});

test.each([
  ['new', 'new'],
  ['a', 'file'],
  ['-', 'stream'],
  ['/dev/fd/3', 'stream'],
  ['fifo', 'stream'],
  ['/dev/sda', 'block-device'],
])('the target %s is of kind %s', (target, kind) => {
  expect(plan('other', target)).toMatchObject({ targetKind: kind });
});

test('--measure takes a source only', () => {
  expect(plan('--measure', '--json', 'a')).toMatchObject({ source: 'a', target: undefined, isJson: true });
  expect(() => plan('--measure', 'a', 'b')).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
});

test.each([
  [[]],
  [['a']],
  [['a', 'b', 'c']],
  [['--json', 'a', 'b']],
  [['--level=3', 'a', 'b']],
  [['--compress=lz4', 'a', 'b']],
  [['--compress=zstd', '--qcow2-version=2', 'a', 'b']],
  [['--qcow2-version=4', 'a', 'b']],
  [['--to=raw', '--compress=zlib', 'a', 'b']],
  [['--from=vmdk', 'a', 'b']],
  [['--pipe-layout=seek', 'a', 'b']],
])('%j is a usage error', (argv) => {
  expect(() => plan(...argv)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
});

test.each(['500', '256', '4194304', '4k', '3000'])('a cluster size of %s is refused', (size) => {
  expect(() => plan(`--cluster-size=${size}`, 'a', 'b')).toThrow(expect.objectContaining({ code: 'CLI_BAD_NUMBER' }));
});

test.each([
  ['--compress=zlib', '10'],
  ['--compress=zstd', '23'],
  ['--compress=zlib', '0'],
])('%s --level=%s is refused', (compress, level) => {
  expect(() => plan(compress, `--level=${level}`, 'a', 'b')).toThrow(
    expect.objectContaining({ code: 'CLI_BAD_NUMBER' }),
  );
});

test.each([
  ['a', 'a'],
  ['a', 'link'],
])('%s onto %s is refused: the source would be lost', (source, target) => {
  expect(() => plan(source, target)).toThrow('are the same file');
});
