import type { Source } from '../base/source.ts';
import { fullLength } from './full-length.ts';

const SHORT: Source = { size: 10, readAt: (into) => void into.fill(7) };

function open(size: number) {
  const missing: number[][] = [];
  return { missing, source: fullLength(SHORT, { size, onMissing: (...range) => missing.push(range) }) };
}

test('missing bytes read as zeros and are reported once per read', () => {
  const { source, missing } = open(2 ** 40);
  const into = new Uint8Array(8).fill(1);
  source.readAt(into, 6);
  expect([...into]).toEqual([7, 7, 7, 7, 0, 0, 0, 0]);
  source.readAt(into, 2 ** 39);
  expect(missing).toEqual([
    [10, 4],
    [2 ** 39, 8],
  ]);
});

test('a read of existing bytes only reports nothing', () => {
  const { source, missing } = open(20);
  const into = new Uint8Array(4);
  source.readAt(into, 6);
  expect([[...into], missing, source.size, 'file' in source]).toEqual([[7, 7, 7, 7], [], 20, false]);
});

test('the extents of the source are kept; its missing part is data', () => {
  const extentAt = (offset: number) => ({ kind: 'hole', offset, length: 10 - offset }) as const;
  const file = { fd: 3, base: 1 };
  const source = fullLength({ ...SHORT, extentAt, file }, { size: 20, onMissing: () => undefined });
  expect([source.extentAt?.(9), source.extentAt?.(10), source.extentAt?.(15), source.file]).toEqual([
    { kind: 'hole', offset: 9, length: 1 },
    { kind: 'data', offset: 10, length: 10 },
    { kind: 'data', offset: 15, length: 5 },
    file,
  ]);
});

test('extents cover the whole length in few steps, none of them empty', () => {
  const { source } = open(2 ** 40);
  expect(source.extentAt?.(3)).toEqual({ kind: 'data', offset: 3, length: 7 });
  expect(source.extentAt?.(10)).toEqual({ kind: 'data', offset: 10, length: 2 ** 40 - 10 });
});

test('a source that is long enough is cut', () => {
  const { source, missing } = open(4);
  const into = new Uint8Array(4);
  source.readAt(into, 0);
  expect([source.size, [...into], missing]).toEqual([4, [7, 7, 7, 7], []]);
});

test('a source that is long enough may be an object of a class', () => {
  class Long implements Source {
    readonly size = 8;
    readAt(into: Uint8Array): void {
      into.fill(3);
    }
  }
  const into = new Uint8Array(2);
  fullLength(new Long(), { size: 4, onMissing: () => undefined }).readAt(into, 0);
  expect([...into]).toEqual([3, 3]);
});
