import fc from 'fast-check';
import { BlockSet, withoutRuns } from './block-set.ts';

/** The second opinion: one entry per block. */
function runsOf(blocks: ReadonlySet<number>): { start: number; count: number }[] {
  const runs: { start: number; count: number }[] = [];
  for (const block of [...blocks].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.start + last.count === block) last.count++;
    else runs.push({ start: block, count: 1 });
  }
  return runs;
}

const addition = fc.tuple(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 1, max: 300 }));
/** Close together and many, so that chunks turn into bitmaps. */
const scattered = fc.tuple(fc.integer({ min: 32_000, max: 33_600 }), fc.integer({ min: 1, max: 3 }));

describe('BlockSet', () => {
  test.each([
    ['a few long runs', fc.array(addition, { maxLength: 40 })],
    ['many short runs', fc.array(scattered, { minLength: 200, maxLength: 500 })],
  ])('holds what was added, merged and in order: %s', (_name, additions) => {
    fc.assert(
      fc.property(additions, (list) => {
        const set = new BlockSet();
        const plain = new Set<number>();
        for (const [start, count] of list) {
          set.add(start, count);
          for (let block = start; block < start + count; block++) plain.add(block);
        }
        expect([...set.runs()]).toEqual(runsOf(plain));
        expect(set.size).toBe(plain.size);
        for (const [start, count] of list) {
          for (const block of [start - 1, start, start + count - 1, start + count]) {
            expect(set.has(block)).toBe(plain.has(block));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('withoutRuns is the difference', () => {
    const few = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 30 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(few, few, (added, removed) => {
        const [a, b] = [new BlockSet(), new BlockSet()];
        for (const [start, count] of added) a.add(start, count);
        for (const [start, count] of removed) b.add(start, count);
        const expected = Array.from({ length: 240 }, (_, block) => block).filter(
          (block) => a.has(block) && !b.has(block),
        );
        expect([...withoutRuns(a, b)]).toEqual(runsOf(new Set(expected)));
      }),
    );
  });

  test('works at block numbers beyond 2^32, and merges across chunks', () => {
    const set = new BlockSet();
    const far = 2 ** 47;
    set.add(far, 100_000);
    set.add(far + 100_000, 1);
    set.add(5);
    expect([...set.runs()]).toEqual([
      { start: 5, count: 1 },
      { start: far, count: 100_001 },
    ]);
    expect(set.has(far + 100_000)).toBe(true);
    expect(set.has(far + 100_001)).toBe(false);
  });

  test('a full chunk that was a bitmap is one run', () => {
    const set = new BlockSet();
    for (let block = 0; block < 400; block += 2) set.add(block);
    set.add(0, 3 * 32768);
    expect([...set.runs()]).toEqual([{ start: 0, count: 3 * 32768 }]);
  });
});
