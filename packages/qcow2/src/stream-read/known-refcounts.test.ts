import fc from 'fast-check';
import { KnownRefcounts } from './known-refcounts.ts';

/** 512-byte clusters, 16-bit counts: 256 in a block. */
const block = (counts: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(512);
  counts.forEach((count, index) => {
    new DataView(bytes.buffer).setUint16(index * 2, count);
  });
  return bytes;
};

test('counts are returned, whenever the blocks came and whatever was asked before', () => {
  const counts = fc.array(fc.nat({ max: 2 }), { minLength: 256, maxLength: 256 });
  const even = fc.constantFrom(...[0, 1].map((count) => Array<number>(256).fill(count)));
  fc.assert(
    fc.property(fc.array(fc.oneof(counts, even), { maxLength: 5 }), fc.nat({ max: 1300 }), (blocks, lead) => {
      const known = new KnownRefcounts(9, 4);
      const all = blocks.flat();
      const wrong: number[] = [];
      let asked = 0;
      for (const [index, each] of blocks.entries()) {
        known.add(index, block(each));
        // Some blocks are asked to their end and beyond before the next one comes.
        for (; asked < index * 256 + lead; asked++) {
          const expected = asked < (index + 1) * 256 ? all[asked] : undefined;
          if (known.get(asked) !== expected) wrong.push(asked);
        }
      }
      expect(wrong).toEqual([]);
    }),
  );
});

test('a block that comes after a later one is not known, and changes nothing', () => {
  const known = new KnownRefcounts(9, 4);
  known.add(1, block(Array<number>(256).fill(3)));
  known.add(0, block(Array<number>(256).fill(1)));
  expect([known.get(0), known.get(255), known.get(256), known.get(511), known.get(512)]).toEqual([
    undefined,
    undefined,
    3,
    3,
    undefined,
  ]);
});
