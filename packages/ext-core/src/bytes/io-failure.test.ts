import { ioFailure } from './io-failure.ts';

describe('ioFailure', () => {
  test('gives the message of an error of the system, or its code', () => {
    expect(ioFailure(Object.assign(new Error('input/output error'), { code: 'EIO' }))).toBe('input/output error');
    expect(ioFailure({ code: 'EIO' })).toBe('EIO');
  });

  test.each([
    ['ENODEV', Object.assign(new Error('gone'), { code: 'ENODEV' })],
    ['an error without a code', new TypeError('bug')],
    ['a code that is not a text', Object.assign(new Error('number'), { code: 5 })],
    ['a thrown text', 'text'],
    ['null', null],
    ['undefined', undefined],
  ])('throws %s as it is', (_, error) => {
    let thrown: unknown = 'nothing';
    try {
      ioFailure(error);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
  });
});
