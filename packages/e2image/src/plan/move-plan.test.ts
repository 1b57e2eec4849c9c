import { parseOptions } from '@e2image/cli';
import { isMove, planMove, planResume } from './move-plan.ts';
import { TABLE } from './table.ts';

const parse = (...argv: string[]) => parseOptions(TABLE, argv);

describe('isMove', () => {
  test.each([
    ['-ra -o 4096 d', true],
    ['-ra -O 4096 d', true],
    ['-O 4096 d', true],
    ['-ra -O 0 d', false],
    ['-ra d', false],
    ['-ra -O 4096', false],
    ['-ra -O 4096 d i', false],
    ['-I -O 4096 d', false],
  ])('%s: %s', (line, expected) => {
    expect(isMove(parse(...line.split(' ')))).toBe(expected);
  });
});

describe('planMove', () => {
  const move = (line: string) => planMove(parse(...line.split(' ')));

  test('takes everything from the command line', () => {
    expect(move('-racnp -o 512 -O 4096 --journal j --force d')).toEqual({
      request: { device: 'd', from: 512, to: 4096, journal: 'j', isForced: true, isDryRun: true },
      options: { isProgressWanted: true, isCompared: true },
    });
  });

  test('what is not given is off', () => {
    expect(move('-ra -O 4096 d')).toEqual({
      request: { device: 'd', from: 0, to: 4096, journal: undefined, isForced: false, isDryRun: false },
      options: { isProgressWanted: false, isCompared: false },
    });
  });

  const OFFSETS = 'Offsets are only allowed with raw images.';
  const ALL_DATA = '-a option can only be used with raw or QCOW2 images.';
  test.each([
    ['-raO 4096', 'CLI_USAGE', ''],
    ['-r -Q -O 4096 d', 'CLI_USAGE', ''],
    ['-aO 4096 d', 'CLI_REFUSED', ALL_DATA],
    ['-QaO 4096 d', 'CLI_REFUSED', OFFSETS],
    ['-O 4096 d', 'CLI_REFUSED', OFFSETS],
    ['-rO 4096 d', 'CLI_REFUSED', 'Move mode requires all data mode.'],
    ['-ra -O 4096 -z undo d', 'CLI_USAGE', '-z, --verify and --drop-journal need -I'],
    ['-ra -O 4096 --verify d', 'CLI_USAGE', '-z, --verify and --drop-journal need -I'],
    ['-ra -O 4k d', 'CLI_BAD_NUMBER', "invalid destination offset '4k'"],
  ])('%s is refused', (line, code, message) => {
    expect(() => move(line)).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('planResume', () => {
  const resume = (line: string) => planResume(parse(...line.split(' ')));

  test('without offsets those of the record count', () => {
    expect(resume('--resume dev').request).toEqual({ device: 'dev', journal: undefined });
  });

  test('one offset gives both: the other is 0', () => {
    expect(resume('-ra --resume --journal j -O 4096 dev').request).toEqual({
      device: 'dev',
      journal: 'j',
      from: 0,
      to: 4096,
    });
    expect(resume('--resume -o 512 dev').request).toMatchObject({ from: 512, to: 0 });
  });

  test.each([
    ['--resume dev', false],
    ['--resume -p dev', true],
  ])('%s: progress %s', (line, isProgressWanted) => {
    expect(resume(line).options).toEqual({ isProgressWanted });
  });

  test.each([['--resume'], ['--resume a b'], ['--resume -n a']])('refuses %s', (line) => {
    expect(() => resume(line)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });
});
