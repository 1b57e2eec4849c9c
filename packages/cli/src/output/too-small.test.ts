import { tooSmall } from './too-small.ts';

test('tooSmall names the target and both sizes', () => {
  expect(tooSmall('/dev/\u001bx', { room: 1, needed: 2 })).toMatchObject({
    code: 'CLI_REFUSED',
    message: 'the target is too small: /dev/\\x1bx has 1 bytes, 2 are needed',
  });
});
