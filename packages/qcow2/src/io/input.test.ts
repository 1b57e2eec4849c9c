import { readPadded } from './input.ts';

const input = {
  size: 10,
  readAt: (into: Uint8Array, offset: number) => {
    if (offset + into.length > 10) throw new Error('past the end');
    into.forEach((_, i) => {
      into[i] = offset + i + 1;
    });
  },
};

test.each([
  [0, 4, [1, 2, 3, 4]],
  [6, 4, [7, 8, 9, 10]],
  [8, 4, [9, 10, 0, 0]],
  [10, 3, [0, 0, 0]],
  [20, 3, [0, 0, 0]],
])('from byte %d, %d bytes are those of the input, then zeros', (offset, length, expected) => {
  const into = new Uint8Array(length).fill(0xee);
  readPadded(input, into, offset);
  expect([...into]).toEqual(expected);
});

test('the promise of the input is returned', async () => {
  const later = { size: 10, readAt: async (into: Uint8Array) => void into.fill(5) };
  const into = new Uint8Array(12).fill(0xee);
  const reading = readPadded(later, into, 0);
  expect(reading).toBeInstanceOf(Promise);
  await reading;
  expect([...into]).toEqual([...Array<number>(10).fill(5), 0, 0]);
  expect(readPadded(later, into, 10)).toBeUndefined();
});
