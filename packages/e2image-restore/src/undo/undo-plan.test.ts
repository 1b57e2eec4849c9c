import fc from 'fast-check';
import { keysPerBlock } from './undo-layout.ts';
import { planUndo } from './undo-plan.ts';

/** Ascending runs with gaps. */
const runs = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 900 })), { maxLength: 200 })
  .map((list) => {
    let at = 0;
    return list.map(([gap, count]) => {
      const start = at + gap;
      at = start + count;
      return { start, count };
    });
  });

test.each([1024, 4096, 65536])(
  'keys cover exactly the runs and fill the file without gaps, blocks of %i',
  (blockSize) => {
    fc.assert(
      fc.property(runs, (list) => {
        const plan = planUndo(list, blockSize);
        const blocks: number[] = [];
        let at = 2 * blockSize;
        for (const keyBlock of plan.keyBlocks) {
          expect(keyBlock.at).toBe(at);
          at += blockSize;
          expect(keyBlock.keys.length).toBeGreaterThan(0);
          expect(keyBlock.keys.length).toBeLessThanOrEqual(keysPerBlock(blockSize));
          for (const key of keyBlock.keys) {
            expect(key.at).toBe(at);
            expect(key.length).toBeLessThan(512 * blockSize);
            at += key.length;
            for (let i = 0; i < key.length / blockSize; i++) blocks.push(key.target + i);
          }
        }
        expect(plan.size).toBe(at);
        expect(plan.keyCount).toBe(plan.keyBlocks.reduce((sum, { keys }) => sum + keys.length, 0));
        expect(blocks).toEqual(list.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i)));
      }),
      { numRuns: 20 },
    );
  },
);

test('nothing to overwrite makes a file without keys', () => {
  expect(planUndo([], 4096)).toEqual({ unitSize: 4096, keyBlocks: [], keyCount: 0, size: 8192 });
});
