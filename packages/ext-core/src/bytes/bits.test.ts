import fc from 'fast-check';
import { bitmapRuns, nextBit, setBitmapRun, setBits } from './bits.ts';

describe('bitmapRuns', () => {
  test('reports exactly the bits that are set, in runs that do not touch', () => {
    const byte = fc.oneof(fc.constantFrom(0, 0xff), fc.nat(0xff));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), (bytes) => {
        const runs = [...bitmapRuns(Uint8Array.from(bytes))];
        const reported = runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));
        const set = bytes.flatMap((value, i) =>
          [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (value >> bit) & 1).map((bit) => i * 8 + bit),
        );
        expect(reported).toEqual(set);
        runs.slice(1).forEach(({ start }, i) => {
          expect(start).toBeGreaterThan((runs[i]?.start ?? 0) + (runs[i]?.count ?? 0));
        });
      }),
    );
  });
});

test('setBitmapRun sets exactly its bits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 70 }), (start, count) => {
      const bitmap = new Uint8Array(20);
      setBitmapRun(bitmap, { start, count });
      for (let bit = 0; bit < 160; bit++) {
        expect(((bitmap[bit >>> 3] ?? 0) >>> (bit & 7)) & 1).toBe(bit >= start && bit < start + count ? 1 : 0);
      }
    }),
  );
});

describe('words', () => {
  const WORDS = 4;
  const bit = fc.integer({ min: 0, max: WORDS * 32 });
  const isSet = (words: Int32Array, at: number): boolean => (((words[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1;

  test('setBits sets exactly its bits', () => {
    fc.assert(
      fc.property(bit, bit, (from, to) => {
        const words = new Int32Array(WORDS);
        setBits(words, from, to);
        for (let at = 0; at < WORDS * 32; at++) expect(isSet(words, at)).toBe(at >= from && at < to);
      }),
    );
  });

  test('nextBit finds the next set or clear bit, or the end', () => {
    const word = fc.oneof(fc.constantFrom(0, -1), fc.integer());
    fc.assert(
      fc.property(fc.array(word, { minLength: WORDS, maxLength: WORDS }), bit, (values, from) => {
        const words = Int32Array.from(values);
        const next = (wanted: boolean): number => {
          let at = from;
          while (at < WORDS * 32 && isSet(words, at) !== wanted) at++;
          return at;
        };
        expect(nextBit(words, from, 0)).toBe(next(true));
        expect(nextBit(words, from, -1)).toBe(next(false));
      }),
    );
  });
});
