import { parseOptions } from '@e2image/cli';
import type { DiskView, FileIdentity } from '@e2image/sparse-io';
import { planCopy } from './plan.ts';
import { TABLE } from './table.ts';

const file = (ino: number): FileIdentity => ({ kind: 'file', dev: 1, ino, rdev: 0 });
const PATHS: Record<string, FileIdentity> = {
  a: file(1),
  link: file(1),
  b: file(2),
  '/dev/sda': { kind: 'block-device', dev: 5, ino: 3, rdev: 0x800 },
};
/** A system where standard input comes from `a` and standard output goes to `b`. */
const disks: DiskView = {
  identify: (path) => PATHS[{ '/dev/stdin': 'a', '/dev/stdout': 'b' }[path] ?? path],
  readText: () => undefined,
  list: () => [],
};
/** The plan for a command line. */
const plan = (operands: string[], zero?: string) =>
  planCopy(parseOptions(TABLE, [...(zero === undefined ? [] : [`--zero=${zero}`]), ...operands]), disks);

describe('planCopy', () => {
  test('takes two operands and a way to write zeros', () => {
    expect(plan(['a', 'b'])).toEqual({
      source: 'a',
      target: 'b',
      zero: undefined,
      isForced: false,
      isProgressWanted: false,
    });
    expect(plan(['-', '/dev/sda'], 'discard')).toMatchObject({ source: '-', target: '/dev/sda', zero: 'discard' });
    expect(plan(['a', 'new'], 'hole')).toMatchObject({ zero: 'hole' });
  });

  test('takes --force and -p', () => {
    expect(plan(['--force', '-p', 'a', 'b'])).toMatchObject({ isForced: true, isProgressWanted: true });
  });

  test.each([[[]], [['a']], [['a', 'b', 'c']]])('%j is a usage error', (operands) => {
    expect(() => plan(operands)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });

  test.each(['', 'holes', 'constructor'])('%j is not a way to write zeros', (zero) => {
    expect(() => plan(['a', 'b'], zero)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });

  test.each([
    ['a', 'a'],
    ['a', 'link'],
    ['-', 'a'],
    ['b', '-'],
    ['/dev/sda', '/dev/sda'],
  ])('%s onto %s is refused: the source would be lost', (source, target) => {
    expect(() => plan([source, target])).toThrow('are the same file; nothing was written');
  });

  test('a device has no holes, a file cannot be discarded', () => {
    expect(() => plan(['a', '/dev/sda'], 'hole')).toThrow(expect.objectContaining({ code: 'CLI_REFUSED' }));
    expect(() => plan(['a', 'b'], 'discard')).toThrow(expect.objectContaining({ code: 'CLI_REFUSED' }));
  });
});
