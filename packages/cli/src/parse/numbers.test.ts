import fc from 'fast-check';
import { parseNumber } from './numbers.ts';

const parse = (text: string, max?: number) => parseNumber(text, { what: 'offset', ...(max !== undefined && { max }) });

describe('parseNumber', () => {
  test.each([
    ['8193', 8193],
    ['0x2001', 8193],
    ['0X2001', 8193],
    ['020001', 8193],
    [' \t+5', 5],
    ['0', 0],
    ['-0', 0],
    ['00', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%j is %d', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  test.each(['', ' ', 'junk', '1k', '8193zz', '08', '0x', '1.5', '1e3', '5 ', '--5', '0b11', '٣'])(
    '%j is not a number',
    (text) => {
      expect(() => parse(text)).toThrow(
        expect.objectContaining({ code: 'CLI_BAD_NUMBER', message: `invalid offset '${text}'` }),
      );
    },
  );

  test.each(['-1', '9007199254740992', '0xffffffffffffffffff'])('%j is out of range', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'CLI_BAD_NUMBER' }));
    expect(() => parse(text)).toThrow(/not between 0 and/);
  });

  test('honours its limits', () => {
    expect(parse('100', 100)).toBe(100);
    expect(() => parse('101', 100)).toThrow("offset '101' is not between 0 and 100");
  });

  test('shows control characters of junk, and does not send them on', () => {
    expect(() => parse('\u001b[2J')).toThrow("invalid offset '\\x1b[2J'");
  });

  test('reads back what any base writes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        expect([parse(`${value}`), parse(`0x${value.toString(16)}`), parse(`0${value.toString(8)}`)]).toEqual([
          value,
          value,
          value,
        ]);
      }),
    );
  });
});
