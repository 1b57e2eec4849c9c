import { parseOptions } from '@e2image/cli';
import { planMove, planResume } from './move-plan.ts';
import { TABLE } from './table.ts';

const parse = (line: string) => parseOptions(TABLE, line.split(' '));

describe('planMove', () => {
  test('takes everything from the command line', () => {
    expect(planMove(parse('-np -o 512 -O 0x1000 --journal j --force --zero-unreadable dev'))).toEqual({
      request: { device: 'dev', from: 512, to: 4096, journal: 'j', isForced: true, isDryRun: true },
      options: { isProgressWanted: true, areUnreadableZeroed: true },
    });
  });

  test.each([
    ['-o 512 dev', 512, 0],
    ['-O 512 dev', 0, 512],
  ])('%s: the other offset is 0, and nothing else is on', (line, from, to) => {
    expect(planMove(parse(line))).toEqual({
      request: { device: 'dev', from, to, journal: undefined, isForced: false, isDryRun: false },
      options: { isProgressWanted: false, areUnreadableZeroed: false },
    });
  });

  test.each([
    ['dev', 'CLI_USAGE', 'give -o, -O or both: from where, and to where'],
    ['-O 512 a b', 'CLI_USAGE', ''],
    ['-O 1k dev', 'CLI_BAD_NUMBER', "invalid destination offset '1k'"],
    ['-o x dev', 'CLI_BAD_NUMBER', "invalid source offset 'x'"],
  ])('refuses %s', (line, code, message) => {
    expect(() => planMove(parse(line))).toThrow(expect.objectContaining({ code, message }));
  });
});

describe('planResume', () => {
  test('leaves offsets that are not given to the record', () => {
    expect(planResume(parse('--resume dev')).request).toEqual({
      device: 'dev',
      from: undefined,
      to: undefined,
      journal: undefined,
    });
  });

  test('takes offsets, journal and options', () => {
    expect(planResume(parse('--resume -p -o 0 -O 512 --journal j --zero-unreadable dev'))).toEqual({
      request: { device: 'dev', from: 0, to: 512, journal: 'j' },
      options: { isProgressWanted: true, areUnreadableZeroed: true },
    });
  });

  test('refuses a dry run', () => {
    expect(() => planResume(parse('--resume -n dev'))).toThrow('-n and --resume exclude each other');
  });
});
