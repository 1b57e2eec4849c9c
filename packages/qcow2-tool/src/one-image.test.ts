import { oneImage } from './one-image.ts';

test('exactly one operand names the image', () => {
  expect(oneImage({ operands: ['a.qcow2'] })).toBe('a.qcow2');
  for (const operands of [[], ['a', 'b']]) {
    expect(() => oneImage({ operands })).toThrow(expect.objectContaining({ code: 'CLI_USAGE' }));
  }
});
