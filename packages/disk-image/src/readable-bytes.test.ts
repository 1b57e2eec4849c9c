import { faultySource, memorySource } from '@e2image/sparse-io/testing';
import { readableBytes } from './readable-bytes.ts';

const source = memorySource(Uint8Array.of(1, 2, 3, 4, 5));

test.each<[number, number, number[]]>([
  [0, 2, [1, 2]],
  [3, 4, [4, 5]],
  [5, 4, []],
  [9, 4, []],
])('from byte %i on, %i bytes are %j', (offset, length, bytes) => {
  expect([...readableBytes(source, offset, length)]).toEqual(bytes);
});

test('an unreadable range gives no bytes, the bytes next to it do', () => {
  const faulty = faultySource(source, { at: [{ offset: 0, length: 2 }] });
  expect([...readableBytes(faulty, 0, 4)]).toEqual([]);
  expect([...readableBytes(faulty, 2, 2)]).toEqual([3, 4]);
});

test('the caller gets the error of what stays unreadable, and no other', () => {
  const errors: unknown[] = [];
  const faulty = faultySource(source, { at: [{ offset: 0, length: 2 }] });
  readableBytes(faulty, 2, 2, (error) => errors.push(error));
  expect(errors).toEqual([]);
  readableBytes(faulty, 0, 4, (error) => errors.push(error));
  expect(errors).toEqual([expect.objectContaining({ code: 'EIO' })]);
});

test('an error without a code is a bug, and is not hidden', () => {
  const broken = {
    size: 5,
    readAt() {
      throw new TypeError('broken');
    },
  };
  expect(() => readableBytes(broken, 0, 4)).toThrow(TypeError);
});
