import { helpText, parseOptions, usageText } from '@e2image/cli';
import { TABLE } from './table.ts';

/** The option letters of the C program. Source: e2fsprogs misc/e2image.c, its getopt string. */
const C_LETTERS = 'b:B:nrsIQafo:O:pc';
const rules = Object.values(TABLE.options);
const shortOf = (rule: (typeof rules)[number]): string | undefined => ('short' in rule ? rule.short : undefined);

describe('the option table', () => {
  test('has every letter of the C program, with an argument where C takes one, and -z of ours', () => {
    const ours = rules.flatMap((rule) => {
      const short = shortOf(rule);
      return short === undefined ? [] : [`${short}${'value' in rule ? ':' : ''}`];
    });
    expect(ours.sort()).toEqual([...(C_LETTERS.match(/.:?/g) ?? []), 'z:'].sort());
  });

  test('explains every option in one line without a full stop', () => {
    for (const { help } of rules) expect(help).toMatch(/^[^\n]+[^.\n]$/);
  });

  test('has the usage text of the C program', () => {
    expect(usageText(TABLE, 'PROG')).toBe(
      'Usage: PROG [ -r|-Q ] [ -f ] [ -b superblock ] [ -B blocksize ] device image-file\n' +
        '       PROG -I device image-file\n' +
        '       PROG -ra [ -cfnp ] [ -o src_offset ] [ -O dest_offset ] src_fs [ dest_fs ]\n',
    );
  });

  test('names every option in --help', () => {
    const text = helpText(TABLE, 'e2image');
    for (const rule of rules) {
      const short = shortOf(rule);
      expect(text).toContain('long' in rule ? `--${rule.long}` : `-${short}`);
    }
  });

  test.each([
    [['-r', '-r', 'd', 'i']],
    [['-Q', '-Q', 'd', 'i']],
    [['-z']],
    [['-b']],
    [['-x', 'd', 'i']],
    [['--unknown', 'd', 'i']],
  ])('refuses %j', (argv) => {
    expect(() => parseOptions(TABLE, argv)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });

  test.each([['-I'], ['-s'], ['-a'], ['-f'], ['-n'], ['-p'], ['-c']])('%s may be repeated, as in C', (letter) => {
    expect(parseOptions(TABLE, [letter, letter, 'd', 'i']).operands).toEqual(['d', 'i']);
  });

  test.each([
    ['-b', 'superblock'],
    ['-B', 'blockSize'],
    ['-o', 'sourceOffset'],
    ['-O', 'targetOffset'],
  ] as const)('the last %s counts, as in C', (letter, key) => {
    expect(parseOptions(TABLE, [letter, '1', `${letter}2`, 'd', 'i']).value(key)).toBe('2');
  });

  test('options may follow operands, and letters may be joined with an argument at the end', () => {
    const parsed = parseOptions(TABLE, ['d', 'i', '-arO1048576']);
    expect([parsed.operands, parsed.flag('all'), parsed.flag('raw'), parsed.value('targetOffset')]).toEqual([
      ['d', 'i'],
      true,
      true,
      '1048576',
    ]);
  });
});
