import fc from 'fast-check';
import { type Expected, ExpectedClusters, lastClusterOf } from './expected-clusters.ts';

const SIZE = 512;

/** Entries of one table: guest clusters ascending, host offsets in any order, some in runs. */
const table = fc
  .array(
    fc.record({
      host: fc.integer({ min: 0, max: 400 }),
      count: fc.integer({ min: 1, max: 5 }),
      compressed: fc.option(
        fc.record({ into: fc.integer({ min: 0, max: 511 }), span: fc.integer({ min: 1, max: 1024 }) }),
      ),
    }),
    { maxLength: 12 },
  )
  .map((pieces) => {
    const entries: Expected[] = [];
    for (const { host, count, compressed } of pieces) {
      for (let i = 0; i < (compressed === null ? count : 1); i++) {
        const offset = (host + i) * SIZE + (compressed?.into ?? 0);
        entries.push({ guest: entries.length, offset, compressedSpan: compressed?.span ?? 0 });
      }
    }
    return entries;
  });

const keyOf = ({ offset, compressedSpan }: Expected) => lastClusterOf(offset, compressedSpan, SIZE);
const text = (entry: Expected) => JSON.stringify(entry);

test('each entry is taken when the cluster that completes it has arrived, whenever its table was added', () => {
  fc.assert(
    fc.property(fc.array(table, { maxLength: 6 }), fc.integer({ min: 1, max: 100 }), (tables, step) => {
      const expected = new ExpectedClusters(SIZE, 60);
      const taken: Expected[] = [];
      let position = 0;
      const takeTo = (index: number) => {
        for (let entry = expected.take(index); entry !== undefined; entry = expected.take(index)) {
          expect(keyOf(entry)).toBeLessThanOrEqual(index);
          expect(keyOf(entry)).toBeGreaterThanOrEqual(keyOf(taken.at(-1) ?? entry));
          taken.push(entry);
        }
      };
      const added: Expected[] = [];
      for (const entries of tables) {
        // As the reader does it: only what is still ahead.
        const ahead = entries.filter((entry) => keyOf(entry) > position);
        expected.addTable(ahead);
        added.push(...ahead);
        position += step;
        takeTo(position);
      }
      takeTo(1000);
      expect(expected.next).toBeUndefined();
      expect(taken.map(text).sort()).toEqual(added.map(text).sort());
    }),
  );
});
