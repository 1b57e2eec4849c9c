import { parseOptions } from '@e2image/cli';
import { planRestore, refuseRestoreOptions } from './restore-plan.ts';
import { TABLE } from './table.ts';

const parse = (...argv: string[]) => parseOptions(TABLE, argv);
const restore = (...argv: string[]) => planRestore(parse('-I', ...argv));

describe('planRestore', () => {
  test('takes the device first, as C does', () => {
    expect(restore('dev', 'img')).toMatchObject({ device: 'dev', image: 'img' });
  });

  test('passes on what is asked for, and nothing else', () => {
    const nothing = Object.entries(restore('dev', 'img')).filter(([, value]) => value === true);
    expect(nothing).toEqual([]);
    const line = ['-np', '-z', 'u', '--verify', '--drop-journal', '--force', '--mapfile', 'm', '--spool', 's'];
    const all = restore(...line, 'dev', 'img');
    expect(all).toMatchObject({ undo: 'u', mapfile: 'm', spoolFolder: 's' });
    expect(Object.values(all).filter((value) => value === true)).toHaveLength(5);
    expect(Object.values(all)).not.toContain(false);
  });

  test.each([['-n'], ['-s'], ['-p'], ['-c'], ['-f'], ['-B1024']])('%s is accepted, as C accepts it', (option) => {
    expect(restore(option, 'dev', 'img').device).toBe('dev');
  });

  const OFFSETS = 'Offsets are only allowed with raw images.';
  test.each([
    ['-o1024', 'CLI_REFUSED', OFFSETS],
    ['-O0x100000', 'CLI_REFUSED', OFFSETS],
    ['-b8193', 'CLI_REFUSED', '-b option can only be used with raw or QCOW2 images.'],
    ['-a', 'CLI_REFUSED', '-a option can only be used with raw or QCOW2 images.'],
    ['-r', 'CLI_REFUSED', 'Raw and qcow2 images cannot be installed'],
    ['-Q', 'CLI_REFUSED', 'Raw and qcow2 images cannot be installed'],
    ['-rQ', 'CLI_USAGE', ''],
    ['more', 'CLI_USAGE', ''],
    ['-o1k', 'CLI_BAD_NUMBER', "invalid source offset '1k'"],
  ])('refuses %s: it would be ignored', (option, code, message) => {
    expect(() => restore(option, 'dev', 'img')).toThrow(expect.objectContaining({ code, message }));
  });

  test.each([[[]], [['dev']]])('needs two operands, not %j', (operands) => {
    expect(() => restore(...operands)).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  });

  test('reports the rule that C checks first', () => {
    expect(() => restore('-a', '-b5', '-O1', 'dev', 'img')).toThrow(/^-a option/);
    expect(() => restore('-b5', '-O1', 'dev', 'img')).toThrow(/^-b option/);
  });
});

describe('refuseRestoreOptions', () => {
  test.each([[['-z', 'u']], [['--verify']], [['--drop-journal']]])('refuses %j', (option) => {
    expect(() => refuseRestoreOptions(parse(...option))).toThrow(
      expect.objectContaining({ code: 'CLI_USAGE', message: '-z, --verify and --drop-journal need -I' }),
    );
  });

  test('accepts any other option', () => {
    expect(() => refuseRestoreOptions(parse('-ra', '--mapfile', 'm', '--force', 'd', 'i'))).not.toThrow();
  });
});
