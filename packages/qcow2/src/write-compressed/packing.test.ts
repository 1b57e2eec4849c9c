import fc from 'fast-check';
import { heldClusters, Packing, touchedClusters } from './packing.ts';

const lengths = (size: number) =>
  fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: size - 1 })), { maxLength: 300 });

test.each([512, 4096, 65_536])(
  'clusters of %d never overlap, whole ones are aligned, and none is before `settled`',
  (size) => {
    fc.assert(
      fc.property(lengths(size), (list) => {
        const packing = new Packing(size);
        const taken: [number, number][] = [];
        for (const length of list) {
          const { settled } = packing;
          const end = packing.endAfter(length);
          const offset = packing.place(length);
          expect(offset).toBeGreaterThanOrEqual(settled);
          expect(packing.end).toBe(end);
          if (length === 0) expect(offset % size).toBe(0);
          taken.push([offset, offset + (length || size)]);
          expect(packing.end - packing.settled).toBeLessThanOrEqual((heldClusters(size) + 1) * size);
        }
        taken.sort(([a], [b]) => a - b);
        taken.forEach(([start, end], index) => {
          expect(start).toBeGreaterThanOrEqual(taken[index - 1]?.[1] ?? 0);
          expect(end).toBeLessThanOrEqual(packing.end);
        });
        // The reserve for the tables at the front of a file depends on this.
        expect(packing.end).toBeLessThanOrEqual(list.length * size);
      }),
      { numRuns: 50 },
    );
  },
);

test('a small cluster still goes into the open cluster when a whole one follows that', () => {
  const packing = new Packing(4096);
  expect([1000, 0, 1000, 3000, 1000].map((length) => packing.place(length))).toEqual([0, 4096, 1000, 8192, 11_192]);
});

test('a host cluster is never referenced more often than 16 bits can count', () => {
  const packing = new Packing(1 << 21);
  const references = new Map<number, number>();
  for (let n = 0; n < 140_000; n++) {
    const { first, last } = touchedClusters(packing.place(16), 16, 1 << 21);
    for (let cluster = first; cluster <= last; cluster++) references.set(cluster, (references.get(cluster) ?? 0) + 1);
  }
  expect(Math.max(...references.values())).toBe(65_535);
});

test.each([
  [0, 1, 0, 0],
  [511, 1, 0, 0],
  [511, 2, 0, 1],
  [1500, 600, 2, 4],
])('%d+%d touches host clusters %d to %d of 512 bytes', (offset, length, first, last) => {
  expect(touchedClusters(offset, length, 512)).toEqual({ first, last });
});

test.each([
  [512, 16],
  [65_536, 16],
  [131_072, 8],
  [1 << 20, 1],
  [1 << 21, 1],
])('after an open cluster of %d bytes at most %d whole ones are placed', (size, held) => {
  expect(heldClusters(size)).toBe(held);
  const packing = new Packing(size);
  packing.place(10);
  for (let n = 1; n <= held; n++) expect(packing.place(0)).toBe(n * size);
  // The open cluster is still open, and is closed by one whole cluster more.
  expect(packing.settled).toBe(0);
  expect(packing.endAfter(10)).toBe(packing.end);
  packing.place(0);
  expect(packing.settled).toBe((held + 2) * size);
  expect(packing.place(10)).toBe((held + 2) * size);
});

test('a cluster that is filled to its last byte is closed', () => {
  const packing = new Packing(512);
  expect([packing.place(500), packing.place(12), packing.settled, packing.end]).toEqual([0, 500, 512, 512]);
  expect(packing.place(100)).toBe(512);
});
