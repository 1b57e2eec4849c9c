import fc from 'fast-check';
import { type BlockRun, dataExtents } from './data-extents.ts';

const BLOCK = 4;

/** One run per data block: runs that touch must be as good as runs that are merged. */
const runsOf = (map: readonly boolean[]): BlockRun[] =>
  map.flatMap((used, start) => (used ? [{ start, count: 1 }] : []));

/** A block map, and a size that may end inside the last block. */
const image = fc
  .array(fc.boolean(), { maxLength: 40 })
  .chain((map) => fc.tuple(fc.constant(map), fc.integer({ min: 0, max: map.length * BLOCK })));

describe('dataExtents', () => {
  test('tiles the image: in order, no gap, no empty run, no two holes in a row', () => {
    fc.assert(
      fc.property(image, fc.integer({ min: 1, max: 5 }), ([map, size], maxBlocks) => {
        const maxData = maxBlocks * BLOCK;
        let end = 0;
        let previous = '';
        for (const extent of dataExtents(runsOf(map), { blockSize: BLOCK, size, maxData })) {
          expect(extent.offset).toBe(end);
          expect(extent.length).toBeGreaterThan(0);
          if (extent.kind === 'data') expect(extent.length).toBeLessThanOrEqual(maxData);
          else expect(previous).not.toBe('hole');
          for (let at = extent.offset; at < extent.offset + extent.length; at++) {
            expect(map[Math.floor(at / BLOCK)]).toBe(extent.kind === 'data');
          }
          end += extent.length;
          previous = extent.kind;
        }
        expect(end).toBe(size);
      }),
    );
  });

  test('costs one step per run, however large the image', () => {
    const size = 15 * 2 ** 40;
    const runs = [
      { start: 0, count: 1 },
      { start: 2 ** 31, count: 2 },
    ];
    expect([...dataExtents(runs, { blockSize: 4096, size })]).toHaveLength(4);
  });

  test('works at offsets beyond 32 bits', () => {
    const blockSize = 2 ** 40;
    expect([...dataExtents([{ start: 3, count: 1 }], { blockSize, size: 5 * blockSize })]).toEqual([
      { kind: 'hole', offset: 0, length: 3 * blockSize },
      { kind: 'data', offset: 3 * blockSize, length: blockSize },
      { kind: 'hole', offset: 4 * blockSize, length: blockSize },
    ]);
  });
});
