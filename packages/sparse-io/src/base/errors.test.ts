import { codeOf, isSparseError, located, SparseError, shortRead, systemError } from './errors.ts';

describe('SparseError', () => {
  test('carries its code, its detail and its cause', () => {
    const cause = new Error('reason');
    const error = new SparseError('SPARSE_NO_SIZE', 'no size', { detail: { offset: 7 }, cause });
    expect(error).toMatchObject({
      name: 'SparseError',
      code: 'SPARSE_NO_SIZE',
      message: 'no size',
      detail: { offset: 7 },
    });
    expect(error.cause).toBe(cause);
  });

  test('has an empty detail and no cause by default', () => {
    const error = new SparseError('SPARSE_NO_SIZE', 'no size');
    expect([error.detail, 'cause' in error]).toEqual([{}, false]);
  });

  test.each([
    [new SparseError('SPARSE_NO_SIZE', ''), true],
    [{ code: 'SPARSE_SHORT_READ' }, true],
    [{ code: 'EIO' }, false],
    [new Error('SPARSE_'), false],
    [undefined, false],
  ])('is recognized by its code: %p, %p', (error, expected) => {
    expect(isSparseError(error)).toBe(expected);
  });

  test('a short read names the end of the source and the missing bytes', () => {
    expect(shortRead(10, { offset: 12, length: 4 })).toMatchObject({
      code: 'SPARSE_SHORT_READ',
      message: 'the source ends at byte 10',
      detail: { offset: 12, length: 4 },
    });
  });
});

test.each([
  [{ code: 'EIO' }, 'EIO'],
  [{ code: 5 }, undefined],
  [{}, undefined],
  [null, undefined],
  [undefined, undefined],
  ['EIO', undefined],
])('the code of %p is %p', (error, expected) => {
  expect(codeOf(error)).toBe(expected);
});

test('a system error has the fields of one of node:fs, and its cause', () => {
  const cause = new Error('first');
  const error = systemError('EISDIR', 'EISDIR: read', { cause, syscall: 'read', path: 'a' });
  expect({ ...error }).toEqual({ code: 'EISDIR', syscall: 'read', path: 'a' });
  expect([error.message, error.cause]).toEqual(['EISDIR: read', cause]);
  expect('cause' in systemError('EIO', 'EIO')).toBe(false);
});

test('an error is given its offset; a thrown value that is not an object stays as it is', () => {
  const error = systemError('EIO', 'EIO');
  expect(located(error, 5)).toBe(error);
  expect(error).toMatchObject({ code: 'EIO', offset: 5 });
  expect([located('text', 5), located(null, 5)]).toEqual(['text', null]);
});
