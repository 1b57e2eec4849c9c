import type { Source } from '../base/source.ts';
import { memorySource } from '../testing.ts';
import { withoutFile } from './without-file.ts';

const source: Source = {
  ...memorySource(Uint8Array.of(1, 2, 3, 4)),
  file: { fd: 9, base: 0 },
  extentAt: (offset) => ({ kind: 'hole', offset, length: 4 - offset }),
};

test('withoutFile keeps all but the file', () => {
  const same = withoutFile(source);
  const into = new Uint8Array(2);
  same.readAt(into, 1);
  expect([[...into], same.size, same.file, same.extentAt?.(3)]).toEqual([
    [2, 3],
    4,
    undefined,
    { kind: 'hole', offset: 3, length: 1 },
  ]);
  expect('extentAt' in withoutFile(memorySource(new Uint8Array(1)))).toBe(false);
});
