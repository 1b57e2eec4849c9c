import fc from 'fast-check';
import type { Source } from '../io/source.ts';
import { sourceRuns } from './source-runs.ts';

/** A source with these extents, each filled with 1 or 0; a hole reads as zeros. */
function sourceOf(
  extents: readonly { kind: 'data' | 'hole'; length: number; fill: 0 | 1 }[],
): Source & { bytes: Uint8Array } {
  const starts: number[] = [];
  let size = 0;
  for (const { length } of extents) {
    starts.push(size);
    size += length;
  }
  const bytes = new Uint8Array(size);
  extents.forEach(({ kind, length, fill }, index) => {
    if (kind === 'data') bytes.fill(fill, starts[index], (starts[index] ?? 0) + length);
  });
  return {
    bytes,
    size,
    readAt: (into, offset) => into.set(bytes.subarray(offset, offset + into.length)),
    extentAt(offset) {
      const index = starts.findLastIndex((start) => start <= offset);
      const extent = extents[index] ?? { kind: 'hole', length: 0 };
      return { kind: extent.kind, offset, length: (starts[index] ?? 0) + extent.length - offset };
    },
  };
}

const extents = fc.array(
  fc.record({
    kind: fc.constantFrom('data' as const, 'hole' as const),
    length: fc.integer({ min: 1, max: 2000 }),
    fill: fc.constantFrom(0 as const, 1 as const),
  }),
  { maxLength: 30 },
);

test('the clusters found are those that an extent of data touches, and without zeros those that hold something', async () => {
  await fc.assert(
    fc.asyncProperty(extents, async (list) => {
      const source = sourceOf(list);
      const clusters = Array.from({ length: Math.ceil(source.size / 512) }, (_, index) => index);
      const numbers = async (dropZeros: boolean) =>
        [...(await sourceRuns(source, { clusterBits: 9, dropZeros }))].flatMap(({ start, count }) =>
          Array.from({ length: count }, (_, i) => start + i),
        );
      const holds = clusters.filter((n) => source.bytes.subarray(n * 512, n * 512 + 512).some((byte) => byte !== 0));
      const touched = new Set<number>();
      let at = 0;
      for (const { kind, length } of list) {
        if (kind === 'data') for (let byte = at; byte < at + length; byte++) touched.add(Math.floor(byte / 512));
        at += length;
      }
      expect(await numbers(true)).toEqual(holds);
      expect(await numbers(false)).toEqual([...touched]);
    }),
    { numRuns: 60 },
  );
});

test('of some clusters, those are found that are found among all', async () => {
  await fc.assert(
    fc.asyncProperty(
      extents,
      fc.array(fc.integer({ min: 1, max: 20 })),
      fc.boolean(),
      async (list, steps, dropZeros) => {
        const source = sourceOf(list);
        const clusters = Math.ceil(source.size / 512);
        const within: { start: number; count: number }[] = [];
        for (let start = 0, i = 0; i + 1 < steps.length; i += 2) {
          const count = Math.min(steps[i + 1] ?? 0, clusters - start - (steps[i] ?? 0));
          start += steps[i] ?? 0;
          if (count > 0) within.push({ start, count });
          start += Math.max(0, count);
        }
        const numbers = (runs: Iterable<{ start: number; count: number }>) =>
          [...runs].flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));
        const all = new Set(numbers(await sourceRuns(source, { clusterBits: 9, dropZeros })));
        const some = numbers(await sourceRuns(source, { clusterBits: 9, dropZeros, within }));
        expect(some).toEqual(numbers(within).filter((cluster) => all.has(cluster)));
      },
    ),
    { numRuns: 60 },
  );
});

test('a source that does not report its holes counts as data', async () => {
  const runs = await sourceRuns({ size: 1025, readAt: () => undefined }, { clusterBits: 9 });
  expect([...runs]).toEqual([{ start: 0, count: 3 }]);
});
