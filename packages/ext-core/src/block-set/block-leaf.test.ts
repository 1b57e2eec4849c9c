import fc from 'fast-check';
import { BlockLeaf, LEAF_BITS, REGION } from './block-leaf.ts';

const PAIRS = new Int32Array(LEAF_BITS);
/** The runs of a leaf as pairs of positions. */
const runsOf = (leaf: BlockLeaf): number[] => [...PAIRS.subarray(0, leaf.copyRuns(PAIRS))];

/** A leaf of 256 runs of one position, each `distance` after the one before; the first is at `first`. */
function fullLeaf(distance: number, first = 0, origin = 0): BlockLeaf {
  const leaf = new BlockLeaf(origin, first);
  for (let run = 0; run < 256; run++) {
    if (!leaf.add(first + run * distance, first + run * distance + 1)) throw new Error('it is full');
  }
  return leaf;
}

describe('a leaf of runs', () => {
  test('holds what was added, in any order, as ascending runs that do not touch', () => {
    const run = fc.tuple(fc.nat(120), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (added) => {
        const leaf = new BlockLeaf(0, 0);
        const plain = new Set<number>();
        for (const [from, count] of added) {
          if (!leaf.add(from, from + count)) return false;
          for (let at = from; at < from + count; at++) plain.add(at);
        }
        const expected: number[] = [];
        for (let at = 0; at <= 141; at++) if (plain.has(at) !== plain.has(at - 1)) expected.push(at);
        expect(runsOf(leaf)).toEqual(expected);
        const positions = Array.from({ length: 142 }, (_, at) => at);
        expect(positions.filter((at) => leaf.has(at) !== plain.has(at))).toEqual([]);
        return true;
      }),
    );
  });

  test('begins where it was made to, and reaches to the end of its region', () => {
    const leaf = new BlockLeaf(5 * REGION, 70);
    expect([leaf.origin, leaf.base, leaf.limit]).toEqual([5 * REGION, 5 * REGION + 70, 6 * REGION]);
  });

  test('takes 256 runs, then only what joins one of them', () => {
    const leaf = fullLeaf(4);
    expect(leaf.add(2, 3)).toBe(false);
    expect(leaf.add(1024, 1025)).toBe(false);
    expect([leaf.add(1, 2), leaf.add(1021, 1022), leaf.add(0, 6)]).toEqual([true, true, true]);
    expect(runsOf(leaf).slice(0, 4)).toEqual([0, 6, 8, 9]);
    // Two runs became one: there is room for one more.
    expect([leaf.add(1024, 1025), leaf.add(1026, 1027)]).toEqual([true, false]);
  });

  test('extends its last run, and changes nothing when it has the positions', () => {
    const leaf = new BlockLeaf(0, 0);
    leaf.add(10, 20);
    for (const [from, to] of [
      [10, 20],
      [12, 15],
      [20, 22],
      [15, 25],
    ] as const) {
      leaf.add(from, to);
    }
    expect(runsOf(leaf)).toEqual([10, 25]);
  });
});

describe('a full leaf', () => {
  test('becomes a bitmap from its first run on where all its runs fit one', () => {
    const origin = 3 * REGION;
    const leaf = fullLeaf(64, 100, origin);
    expect(leaf.divide(100 + 255 * 64 + 10, [])).toBeUndefined();
    expect([leaf.base, leaf.limit]).toEqual([origin + 100, origin + 100 + LEAF_BITS]);
    expect(runsOf(leaf)).toEqual(Array.from({ length: 256 }, (_, run) => [100 + 64 * run, 101 + 64 * run]).flat());
    expect([leaf.add(101, 164), leaf.add(100 + LEAF_BITS - 1, 100 + LEAF_BITS)]).toEqual([true, true]);
    expect(runsOf(leaf).slice(0, 4)).toEqual([100, 165, 228, 229]);
    expect(runsOf(leaf).slice(-2)).toEqual([100 + LEAF_BITS - 1, 100 + LEAF_BITS]);
    expect(
      [99, 100, 164, 165, 228, 100 + LEAF_BITS - 1, 100 + LEAF_BITS].map((at) => at >= 100 && leaf.has(at)),
    ).toEqual([false, true, true, false, true, true, false]);
  });

  test('a bitmap ends with its region', () => {
    const leaf = fullLeaf(2, REGION - 600);
    leaf.divide(REGION - 1, []);
    expect([leaf.base, leaf.limit]).toEqual([REGION - 600, REGION]);
  });

  test('becomes a bitmap of exactly as many positions as one has, and is divided for one more', () => {
    const filled = (last: number): BlockLeaf => {
      const leaf = new BlockLeaf(0, 0);
      for (let run = 0; run < 255; run++) leaf.add(2 * run, 2 * run + 1);
      leaf.add(last, last + 1);
      return leaf;
    };
    expect(filled(LEAF_BITS - 1).divide(1, [])).toBeUndefined();
    expect(filled(LEAF_BITS).divide(1, [])).toBeDefined();
  });

  test('gives its second half to another one when a run inside it does not fit', () => {
    const leaf = fullLeaf(1000, 0, REGION);
    const other = leaf.divide(5, []);
    expect([other?.origin, other?.base, other?.limit, leaf.base]).toEqual([
      REGION,
      REGION + 128_000,
      2 * REGION,
      REGION,
    ]);
    const all = Array.from({ length: 256 }, (_, run) => [1000 * run, 1000 * run + 1]).flat();
    expect([runsOf(leaf), other && runsOf(other)]).toEqual([all.slice(0, 256), all.slice(256)]);
    expect([leaf.has(128_000), other?.has(128_000), other?.has(127_000)]).toEqual([false, true, false]);
  });

  test('gives nothing to another one for a run after its last', () => {
    const leaf = fullLeaf(1000);
    const last = 255_001;
    const other = leaf.divide(last + 1, []);
    expect([other?.base, other && runsOf(other), runsOf(leaf).length]).toEqual([last + 1, [], 512]);
    expect(fullLeaf(1000).divide(last, [])?.base).toBe(128_000);
  });

  test('takes the memory for another one from the spare, whose words are zeros', () => {
    const gone = fullLeaf(3);
    const words = gone.release();
    expect([words.length, words.every((word) => word === 0)]).toEqual([512, true]);
    const spare = [words];
    const other = fullLeaf(1000).divide(300_000, spare);
    expect(spare).toEqual([]);
    other?.add(300_000, 300_002);
    expect([...words.subarray(0, 3)]).toEqual([300_000, 300_002, 0]);
  });
});
