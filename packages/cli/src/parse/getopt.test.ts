import fc from 'fast-check';
import { getopt, type OptionSpelling } from './getopt.ts';

const SPELLINGS = {
  raw: { short: 'r', repeat: 'refuse' },
  all: { short: 'a' },
  block: { short: 'b', long: 'block', value: 'N' },
  offset: { short: 'O', value: 'N' },
  force: { long: 'force' },
} as const satisfies Record<string, OptionSpelling>;

const typed = (...argv: string[]) => {
  const { flags, values, operands } = getopt(argv, SPELLINGS);
  return [[...flags].sort().join(), Object.fromEntries(values), operands];
};

describe('getopt', () => {
  test.each([
    [
      ['-ra', 'd', 'i'],
      ['all,raw', {}, ['d', 'i']],
    ],
    [
      ['-rb8193', 'd'],
      ['raw', { block: '8193' }, ['d']],
    ],
    [
      ['-arO1048576', 'd'],
      ['all,raw', { offset: '1048576' }, ['d']],
    ],
    [
      ['-arO', '1048576', 'd'],
      ['all,raw', { offset: '1048576' }, ['d']],
    ],
    [
      ['-b', '-1'],
      ['', { block: '-1' }, []],
    ],
    [['-O0xABC'], ['', { offset: '0xABC' }, []]],
    [
      ['-b1', '-b', '2'],
      ['', { block: '2' }, []],
    ],
    [['-b=1'], ['', { block: '=1' }, []]],
    [
      ['a.img', 'out', '-r'],
      ['raw', {}, ['a.img', 'out']],
    ],
    [
      ['-r', '-'],
      ['raw', {}, ['-']],
    ],
    [
      ['--', '-r'],
      ['', {}, ['-r']],
    ],
    [
      ['7', '0x10', '--', '08', '--force'],
      ['', {}, ['7', '0x10', '08', '--force']],
    ],
    [
      ['--force', '--block=5'],
      ['force', { block: '5' }, []],
    ],
    [
      ['--block', '--force'],
      ['', { block: '--force' }, []],
    ],
    [['--block='], ['', { block: '' }, []]],
    [
      ['-b', ''],
      ['', { block: '' }, []],
    ],
    [[''], ['', {}, ['']]],
    [
      ['-a', '-a'],
      ['all', {}, []],
    ],
  ])('%j', (argv, expected) => {
    expect(typed(...argv)).toEqual(expected);
  });

  test.each([
    [['-z'], "invalid option -- 'z'"],
    [['-rz'], "invalid option -- 'z'"],
    [['-r-'], "invalid option -- '-'"],
    [['-é'], "invalid option -- 'é'"],
    [['-b'], "option requires an argument -- 'b'"],
    [['--block'], "option '--block' requires an argument"],
    [['--force=1'], "option '--force' doesn't allow an argument"],
    [['--forc'], "unrecognized option '--forc'"],
    [['--no-force'], "unrecognized option '--no-force'"],
    [['--constructor'], "unrecognized option '--constructor'"],
    [['-rr'], ''],
    [['-r', 'x', '-r'], ''],
  ])('refuses %j', (argv, message) => {
    expect(() => typed(...argv)).toThrow(expect.objectContaining({ code: 'CLI_USAGE', message }));
  });

  test('stops at the first operand where POSIX rules', () => {
    const { flags, operands } = getopt(['-a', 'x', '-r'], SPELLINGS, { isPosix: true });
    expect([[...flags], operands]).toEqual([['all'], ['x', '-r']]);
  });

  test('without long options a double dash is an unknown letter, as in the C tool', () => {
    expect(() => getopt(['--help'], { raw: { short: 'r' } })).toThrow("invalid option -- '-'");
  });

  test('an argument comes back to the byte, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string()), (value, operands) => {
        const result = getopt(['-O', value, '--', ...operands], SPELLINGS);
        expect([result.values.get('offset'), result.operands]).toEqual([value, operands]);
      }),
    );
  });
});
