import fc from 'fast-check';
import {
  dirEntryLayout,
  direntHashOffset,
  dirTailLayout,
  hasDirTail,
  isDirEntry,
  isDotName,
  isLostAndFound,
  recordLength,
} from './dir-block.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function storedLength(stored: number, blockSize: number): number {
  const view = new DataView(new ArrayBuffer(8));
  dirEntryLayout.rec_len.set(view, 0, stored);
  return recordLength(view, 0, blockSize);
}

describe('the length of a directory record', () => {
  test.each([
    [12, 4096, 12],
    [0, 4096, 0],
    [0xffff, 4096, 0xffff],
    [0, 65536, 65536],
    [0xffff, 65536, 65536],
    [0xfffc, 65536, 0xfffc],
    [0x0001, 65536, 65536],
  ])('0x%i in blocks of %i bytes is %i', (stored, blockSize, length) => {
    expect(storedLength(stored, blockSize)).toBe(length);
  });

  test.each([
    ['its name ends with it', 12, 4, true],
    ['its name is longer than it', 12, 5, false],
    ['it is not a multiple of 4', 14, 2, false],
    ['it is shorter than its head', 4, 0, false],
    ['it ends past the block', 36, 2, false],
  ])('can be one, or not, when %s', (_name, length, nameLength, isOne) => {
    const view = new DataView(new ArrayBuffer(32));
    dirEntryLayout.name_len.set(view, 0, nameLength);
    expect(isDirEntry(view, 0, length, 32)).toBe(isOne);
  });

  test('any bytes are judged without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, 64);
        const length = recordLength(view, 0, 64);
        if (isDirEntry(view, 0, length, 64)) expect(8 + dirEntryLayout.name_len.get(view, 0)).toBeLessThanOrEqual(64);
        hasDirTail(view, 0, 64);
      }),
    );
  });
});

test('a tail is one by all four of its fixed fields', () => {
  const view = new DataView(new ArrayBuffer(64));
  dirTailLayout.det_rec_len.set(view, 52, 12);
  dirTailLayout.det_reserved_ft.set(view, 52, 0xde);
  expect(hasDirTail(view, 0, 64)).toBe(true);
  dirTailLayout.det_reserved_zero1.set(view, 52, 1);
  expect(hasDirTail(view, 0, 64)).toBe(false);
});

test('the special names are known by their bytes and their length', () => {
  expect([isDotName(ascii('.'), 0, 1), isDotName(ascii('..'), 0, 2), isDotName(ascii('...'), 0, 3)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([isDotName(ascii('.a'), 0, 2), isDotName(ascii('x..'), 1, 2)]).toEqual([false, true]);
  expect([isLostAndFound(ascii('lost+found'), 0, 10), isLostAndFound(ascii('lost+fount'), 0, 10)]).toEqual([
    true,
    false,
  ]);
});

test('the stored hash is after the name, padded to 4 bytes', () => {
  expect([1, 4, 5, 16].map(direntHashOffset)).toEqual([12, 12, 16, 24]);
});
