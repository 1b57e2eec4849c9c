import { parseOptions } from '@e2image/cli';
import type { DiskView, FileIdentity } from '@e2image/sparse-io';
import { planScramble } from './plan.ts';
import { TABLE } from './table.ts';

const file = (ino: number): FileIdentity => ({ kind: 'file', dev: 1, ino, rdev: 0 });
const PATHS: Record<string, FileIdentity> = { in: file(1), link: file(1), out: file(2), '/dev/stdin': file(2) };
const disks: DiskView = { identify: (path) => PATHS[path], readText: () => undefined, list: () => [] };
/** The plan for a command line. */
const plan = (...argv: string[]) => planScramble(parseOptions(TABLE, argv), disks);

describe('planScramble', () => {
  test('rebuilds indexes, keeps the format and uses a random key by default', () => {
    expect(plan('in', 'out')).toEqual({
      image: 'in',
      out: 'out',
      format: undefined,
      index: 'fresh',
      keyFile: undefined,
      isProgressWanted: false,
      isForced: false,
      spoolFolder: undefined,
    });
  });

  test.each<[string[], object]>([
    [['--format=qcow2'], { format: 'qcow2' }],
    [['--format', 'raw'], { format: 'raw' }],
    [['--scramble-index=keep'], { index: 'keep' }],
    [['--scramble-key', 'k'], { keyFile: 'k' }],
    [['-p', '--force'], { isProgressWanted: true, isForced: true }],
    [['--spool=/tmp'], { spoolFolder: '/tmp' }],
  ])('%j', (options, expected) => {
    expect(plan(...options, 'in', 'out')).toMatchObject(expected);
  });

  test.each<[string, string[]]>([
    ['no operand', []],
    ['one operand', ['in']],
    ['three operands', ['a', 'b', 'c']],
    ['an unknown format', ['--format=vmdk', 'in', 'out']],
    ['an unknown form of index', ['--scramble-index=old', 'in', 'out']],
  ])('refuses %s', (_name, argv) => {
    expect(() => plan(...argv)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });

  test.each([
    ['in', 'in'],
    ['in', 'link'],
    ['-', 'out'],
  ])('refuses %s onto %s: the image would be lost', (image, out) => {
    expect(() => plan(image, out)).toThrow(expect.objectContaining({ code: 'CLI_REFUSED' }));
  });
});
