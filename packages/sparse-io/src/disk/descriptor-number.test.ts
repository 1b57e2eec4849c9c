import { descriptorNumber } from './descriptor-number.ts';

test.each([
  ['/dev/stdin', 0],
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
  ['/dev/fd/0', 0],
  ['/dev/fd/12', 12],
  ['/proc/self/fd/7', 7],
  ['/dev/fd/123456789', 123_456_789],
  ['/dev/fd/1234567890', undefined],
  ['/dev/fd/', undefined],
  ['/dev/fd/x', undefined],
  ['/dev/fd/1/2', undefined],
  ['dev/fd/1', undefined],
  ['./dev/fd/1', undefined],
  ['/proc/1/fd/1', undefined],
  ['-', undefined],
  ['', undefined],
])('%j names descriptor %p', (path, expected) => {
  expect(descriptorNumber(path)).toBe(expected);
});
