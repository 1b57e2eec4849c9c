import { isQcow2Error, Qcow2Error } from './errors.ts';

describe('Qcow2Error', () => {
  test('carries its code, message, detail and cause', () => {
    const cause = new Error('EIO');
    const error = new Qcow2Error('QCOW2_CORRUPT', 'damaged', { detail: { hostOffset: 512 }, cause });
    expect(error).toMatchObject({ name: 'Qcow2Error', code: 'QCOW2_CORRUPT', message: 'damaged' });
    expect(error.detail).toEqual({ hostOffset: 512 });
    expect(error.cause).toBe(cause);
  });

  test('has an empty detail, and no cause at all, when none is given', () => {
    const error = new Qcow2Error('QCOW2_CORRUPT', 'damaged');
    expect(error.detail).toEqual({});
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });
});

test.each([
  ['an error of this package', new Qcow2Error('QCOW2_CORRUPT', 'damaged'), true],
  ['an error of another copy of this package', Object.assign(new Error('damaged'), { code: 'QCOW2_CORRUPT' }), true],
  ['a system error', Object.assign(new Error('no space'), { code: 'ENOSPC' }), false],
  ['an error whose code has the prefix inside', Object.assign(new Error('x'), { code: 'NO_QCOW2_' }), false],
  ['an error with a number as its code', Object.assign(new Error('x'), { code: 5 }), false],
  ['an error without a code', new Error('QCOW2_CORRUPT'), false],
  ['a string', 'QCOW2_CORRUPT', false],
  ['null', null, false],
  ['undefined', undefined, false],
])('isQcow2Error judges by the code: %s', (_, error, expected) => {
  expect(isQcow2Error(error)).toBe(expected);
});
