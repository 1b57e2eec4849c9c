import type { Source } from '../base/types.ts';
import { memorySource } from '../testing.ts';
import { byHand, mapSource } from './map-source.ts';

const source: Source = {
  ...memorySource(Uint8Array.of(1, 2, 3, 4)),
  file: { fd: 9, base: 0 },
  extentAt: (offset) => ({ kind: 'hole', offset, length: 4 - offset }),
};
const read = (from: Source, offset: number, length: number): number[] => {
  const into = new Uint8Array(length);
  from.readAt(into, offset);
  return [...into];
};

test('mapSource changes every byte that is read, and leaves no way around it', () => {
  const mapped = mapSource(source, (bytes, offset) => bytes.set(bytes.map((byte) => byte * 10 + offset)));
  expect([read(mapped, 1, 2), mapped.size]).toEqual([[21, 31], 4]);
  expect([mapped.file, mapped.extentAt]).toEqual([undefined, undefined]);
});

test('byHand keeps all but the file', () => {
  const same = byHand(source);
  expect([read(same, 1, 2), same.size, same.file, same.extentAt?.(3)]).toEqual([
    [2, 3],
    4,
    undefined,
    { kind: 'hole', offset: 3, length: 1 },
  ]);
  expect('extentAt' in byHand(memorySource(new Uint8Array(1)))).toBe(false);
});
