import { ExtError, isExtError } from './errors.ts';

describe('ExtError', () => {
  test('carries its code, its detail and its cause', () => {
    const cause = new Error('reason');
    const error = new ExtError('EXT_CORRUPT', 'wrong', { detail: { block: 7 }, cause });
    expect(error).toMatchObject({ name: 'ExtError', code: 'EXT_CORRUPT', message: 'wrong', detail: { block: 7 } });
    expect(error.cause).toBe(cause);
  });

  test('has an empty detail and no cause by default', () => {
    const error = new ExtError('EXT_CORRUPT', 'wrong');
    expect([error.detail, 'cause' in error]).toEqual([{}, false]);
  });

  test.each([
    [new ExtError('EXT_CORRUPT', ''), true],
    [{ code: 'EXT_BAD_MAGIC' }, true],
    [{ code: 'EIO' }, false],
    [{ code: 7 }, false],
    ['EXT_CORRUPT', false],
    [null, false],
    [undefined, false],
  ])('is recognized by its code: %p, %p', (error, expected) => {
    expect(isExtError(error)).toBe(expected);
  });
});
