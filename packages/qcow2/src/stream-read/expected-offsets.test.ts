import fc from 'fast-check';
import { ExpectedOffsets } from './expected-offsets.ts';

test('offsets are taken in ascending order, each once, with their numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 200 }), { maxLength: 200 }), (offsets) => {
      const expected = new ExpectedOffsets();
      offsets.forEach((offset, index) => {
        expected.add(offset, index);
      });
      expect(expected.left).toBe(offsets.length);
      expected.sort();
      const sorted = offsets.toSorted((a, b) => a - b);
      expect(expected.nextOffset).toBe(sorted[0]);
      const taken: number[] = [];
      const values: number[] = [];
      for (let limit = 0; limit <= 200; limit++) {
        for (let next = expected.take(limit); next !== undefined; next = expected.take(limit)) {
          expect(offsets[next.value]).toBe(next.offset);
          taken.push(next.offset);
          values.push(next.value);
          expect(expected.left).toBe(offsets.length - taken.length);
        }
        expect(taken).toEqual(sorted.filter((offset) => offset <= limit));
      }
      expect(values.toSorted((a, b) => a - b)).toEqual(offsets.map((_, index) => index));
      expect(expected.nextOffset).toBeUndefined();
    }),
  );
});

test.each([
  [[], undefined],
  [[7], undefined],
  [[7, 5, 9], undefined],
  [[7, 5, 7], 7],
  [[9, 9, 5, 5], 5],
])('of %j, the first that is repeated is %j', (offsets, repeated) => {
  const expected = new ExpectedOffsets();
  for (const offset of offsets) expected.add(offset, 0);
  expected.sort();
  expect(expected.repeated).toBe(repeated);
});
