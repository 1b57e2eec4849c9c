import { parseOptions } from '@e2image/cli';
import { numericOptions } from './numeric-options.ts';
import { TABLE } from './table.ts';

const numbers = (...argv: string[]) => numericOptions(parseOptions(TABLE, argv));

describe('numericOptions', () => {
  test('without options: no superblock copy, no block size, and offsets of 0', () => {
    expect(numbers()).toEqual({ superblockBlock: undefined, blockSize: undefined, sourceOffset: 0, targetOffset: 0 });
  });

  test('0 means not given, as in C', () => {
    expect(numbers('-b0', '-B', '00', '-o0x0', '-O-0')).toEqual(numbers());
  });

  test('each letter sets its own number', () => {
    expect(numbers('-b1', '-B2', '-o3', '-O4')).toEqual({
      superblockBlock: 1,
      blockSize: 2,
      sourceOffset: 3,
      targetOffset: 4,
    });
  });

  test.each([
    ['0x400', 1024],
    ['0X400', 1024],
    ['02000', 1024],
    [' +1024', 1024],
    ['9007199254740991', 2 ** 53 - 1],
  ])('reads %j as strtoull does', (text, value) => {
    expect(numbers('-O', text).targetOffset).toBe(value);
  });

  test.each([
    ['-b', 'superblock number'],
    ['-B', 'block size'],
    ['-o', 'source offset'],
    ['-O', 'destination offset'],
  ])('names what %s is when it cannot be read', (letter, what) => {
    const code = 'CLI_BAD_NUMBER';
    expect(() => numbers(letter, '1k')).toThrow(expect.objectContaining({ code, message: `invalid ${what} '1k'` }));
    expect(() => numbers(letter, '-1')).toThrow(
      expect.objectContaining({ code, message: `${what} '-1' is not between 0 and 9007199254740991` }),
    );
  });
});
