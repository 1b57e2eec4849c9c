import fc from 'fast-check';
import { BlockSet, firstRunEndingAfter, withoutRuns } from './block-set.ts';

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

/** Runs, many from few numbers: leaves are divided at 256. */
function* pseudoRuns(
  seed: number,
  options: { runs: number; within: number; longest: number },
): Generator<[number, number]> {
  let state = seed;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let i = 0; i < options.runs; i++) yield [next(options.within), 1 + next(options.longest)];
}

/** What of each kind of set is awkward: the borders of regions and of bitmaps, and runs over many leaves. */
const SHAPES = [
  ['a few long runs', { runs: 40, within: 70_000, longest: 300 }],
  ['as many runs as fit, and some', { runs: 300, within: 200_000, longest: 3 }],
  ['so many that they are divided', { runs: 2000, within: 400_000, longest: 5 }],
  ['so dense that they become bitmaps', { runs: 3000, within: 40_000, longest: 3 }],
  ['dense, and covered by long ones', { runs: 3000, within: 40_000, longest: 200 }],
] as const;

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
/** Where the blocks are: at the start, around the end of a region, and beyond 2^32. */
const places = fc.constantFrom(0, 2 ** 30 - 20_000, 2 ** 41 - 30_000);

describe('BlockSet', () => {
  test.each(SHAPES)('holds what was added, merged and in order: %s', (_name, shape) => {
    fc.assert(
      fc.property(seeds, places, fc.boolean(), (seed, place, isAscending) => {
        const set = new BlockSet();
        const plain = new Set<number>();
        const runs = [...pseudoRuns(seed, shape)];
        if (isAscending) runs.sort(([a], [b]) => a - b);
        for (const [at, count] of runs) {
          set.add(place + at, count);
          for (let block = at; block < at + count; block++) plain.add(place + block);
        }
        expect([...set.runs()]).toEqual(runsOf(plain));
        expect(set.size).toBe(plain.size);
        const asked = runs.flatMap(([at, count]) => [at - 1, at, at + count - 1, at + count].map((one) => place + one));
        expect(asked.filter((block) => set.has(block) !== plain.has(block))).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  test.each(SHAPES)('keeps the lowest blocks, window by window, in two leaves: %s', (_name, shape) => {
    fc.assert(
      fc.property(seeds, places, (seed, place) => {
        const plain = new Set<number>();
        const runs = [...pseudoRuns(seed, shape)];
        for (const [at, count] of runs) for (let i = 0; i < count; i++) plain.add(place + at + i);
        const found = new Set<number>();
        const window = new BlockSet({ maxBytes: 5000, whenFull: 'cut' });
        for (let from = 0; from < Infinity; from = window.end) {
          window.restart(from);
          for (const [at, count] of runs) window.add(place + at, count);
          for (const { start, count } of window.runs()) for (let i = 0; i < count; i++) found.add(start + i);
          expect(window.end).toBeGreaterThan(from);
        }
        expect(runsOf(found)).toEqual(runsOf(plain));
      }),
      { numRuns: 6 },
    );
  });

  test('refuses what would take more memory than allowed, unless it may be cut', () => {
    const set = new BlockSet({ maxBytes: 64 * 1024 });
    const fill = (): void => {
      for (let block = 0; block < 2 ** 24; block += 1000) set.add(block);
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'EXT_TOO_LARGE' }));
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

test.each([
  [0, 0],
  [11, 0],
  [12, 1],
  [29, 1],
  [31, 1],
  [35, 2],
])('the first run that ends after block %d is run %d', (block, index) => {
  expect(
    firstRunEndingAfter(
      [
        { start: 10, count: 2 },
        { start: 30, count: 5 },
      ],
      block,
    ),
  ).toBe(index);
});
