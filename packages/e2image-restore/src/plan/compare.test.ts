import { memorySource } from '@e2image/sparse-io/testing';
import fc from 'fast-check';
import { findDifferences } from './compare.ts';

const BLOCK = 1024;
const BLOCKS = 1300;

const device = (bad: ReadonlySet<number>, bytes: Uint8Array) => ({
  size: bytes.length,
  readAt(into: Uint8Array, offset: number) {
    for (let at = offset; at < offset + into.length; at += BLOCK) {
      if (bad.has(at / BLOCK)) throw Object.assign(new Error('bad sector'), { code: 'EIO' });
    }
    memorySource(bytes).readAt(into, offset);
  },
});

const members = (runs: readonly { start: number; count: number }[]) =>
  runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));

test('finds exactly the blocks that differ or cannot be read, within the ranges', async () => {
  const block = fc.integer({ min: 0, max: BLOCKS - 1 });
  const sets = fc.tuple(fc.uniqueArray(block, { maxLength: 30 }), fc.uniqueArray(block, { maxLength: 6 }));
  await fc.assert(
    fc.asyncProperty(sets, fc.tuple(block, block), async ([changed, bad], [a, b]) => {
      const have = new Uint8Array(BLOCKS * BLOCK);
      const want = new Uint8Array(BLOCKS * BLOCK);
      for (const at of changed) want[at * BLOCK + (at % BLOCK)] = 1;
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const ranges = to > from ? [{ offset: from * BLOCK, length: (to - from) * BLOCK }] : [];
      const pair = { wanted: memorySource(want), device: device(new Set(bad), have) };
      const { runs, unreadable } = await findDifferences(pair, ranges, BLOCK);
      const inside = (at: number) => at >= from && at < to;
      const expected = [...new Set([...changed, ...bad])].filter(inside).sort((x, y) => x - y);
      expect(members(runs)).toEqual(expected);
      expect(members(unreadable)).toEqual(bad.filter(inside).sort((x, y) => x - y));
      runs.slice(1).forEach((run, i) => {
        expect(run.start).toBeGreaterThan((runs[i]?.start ?? 0) + (runs[i]?.count ?? 0));
      });
    }),
    { numRuns: 60 },
  );
});

test('a hole of the image is not read, and differs where the device has anything', async () => {
  const have = new Uint8Array(8 * BLOCK);
  have[3 * BLOCK + 5] = 1;
  have[7 * BLOCK] = 1;
  const wanted = {
    size: have.length,
    readAt(into: Uint8Array, offset: number) {
      expect(offset).toBeGreaterThanOrEqual(6 * BLOCK);
      into.fill(1);
    },
    extentAt: (offset: number) =>
      offset < 6 * BLOCK
        ? { kind: 'hole' as const, offset, length: 6 * BLOCK - offset }
        : { kind: 'data' as const, offset, length: 8 * BLOCK - offset },
  };
  const { runs } = await findDifferences(
    { wanted, device: memorySource(have) },
    [{ offset: 0, length: 8 * BLOCK }],
    BLOCK,
  );
  expect(runs).toEqual([
    { start: 3, count: 1 },
    { start: 6, count: 2 },
  ]);
});

test('what is past the end of a short device differs', async () => {
  const pair = { wanted: memorySource(new Uint8Array(4 * BLOCK)), device: memorySource(new Uint8Array(2 * BLOCK)) };
  const { runs } = await findDifferences(pair, [{ offset: 0, length: 4 * BLOCK }], BLOCK);
  expect(runs).toEqual([{ start: 2, count: 2 }]);
});
