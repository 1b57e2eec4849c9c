import { fakeWorld } from '../testing.ts';
import { CliError } from '../world/errors.ts';
import { printable } from './printable.ts';
import { failed, isReadError, reasonOf, say } from './report.ts';

const systemError = (code: string) => Object.assign(new Error(`${code}: libuv's words`), { code, syscall: 'open' });

describe('printable', () => {
  test.each([
    ['plain /dev/sda1 äß漢', 'plain /dev/sda1 äß漢'],
    ['a\nb\tc\u0000', 'a\\x0ab\\x09c\\x00'],
    ['\u001b[31mred\u009b0m\u007f', '\\x1b[31mred\\x9b0m\\x7f'],
    ['exe\u202egpj', 'exe\\u202egpj'],
    ['two\u2028lines', 'two\\u2028lines'],
  ])('%j is shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

test('say is one line with the name of the program in front', () => {
  const world = fakeWorld();
  say(world, 'bad name x\ny');
  expect(world.said.stderr).toBe('prog: bad name x\\x0ay\n');
});

describe('failed', () => {
  test('puts strerror before what was done, and keeps the cause', () => {
    const cause = systemError('EACCES');
    const error = failed(cause, 'while trying to open /x\u001b');
    expect(error).toMatchObject({
      code: 'CLI_FAILED',
      message: 'Permission denied while trying to open /x\\x1b',
      cause,
    });
  });

  test('leaves a bug and a closed pipe as they are', () => {
    for (const error of [new TypeError('oops'), systemError('EPIPE'), undefined])
      expect(failed(error, 'while')).toBe(error);
  });

  test('adds to an error of a library, or of the command', () => {
    const library = Object.assign(new Error('no magic'), { code: 'QCOW2_BAD_MAGIC' });
    expect(failed(library, 'while reading x')).toMatchObject({ message: 'no magic while reading x' });
    expect(failed(new CliError('CLI_FAILED', 'torn'), 'while reading x')).toMatchObject({
      message: 'torn while reading x',
    });
  });
});

test.each([
  [systemError('ENOSPC'), 'No space left on device'],
  [systemError('EIO'), 'Input/output error'],
  [systemError('ESTRANGE'), 'ESTRANGE'],
  // How Node reports EDQUOT, for which libuv has no name.
  [Object.assign(systemError('UNKNOWN'), { errno: -122 }), 'Disk quota exceeded'],
  [Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }), undefined],
  [new Error('x'), undefined],
  ['text', undefined],
])('reasonOf %s is %j', (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});

test.each([
  [{ code: 'EIO', syscall: 'read' }, true],
  [{ code: 'SPARSE_SHORT_READ' }, true],
  [{ code: 'EIO', syscall: 'write' }, false],
  [undefined, false],
])('isReadError %j is %j', (error, isOne) => {
  expect(isReadError(error)).toBe(isOne);
});
