import fc from 'fast-check';
import { ClusterRuns } from '../base/cluster-runs.ts';
import { ZeroClusters } from './zero-clusters.ts';

const SIZE = 16;
/** Clusters of zeros, of ones, and with one byte at either end. */
const clusters = fc.array(fc.constantFrom('zeros', 'ones', 'first', 'last'), { maxLength: 30 });

function bytesOf(kinds: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(kinds.length * SIZE);
  kinds.forEach((kind, index) => {
    if (kind === 'ones') bytes.fill(index + 1, index * SIZE, (index + 1) * SIZE);
    if (kind === 'first') bytes[index * SIZE] = index + 1;
    if (kind === 'last') bytes[(index + 1) * SIZE - 1] = index + 1;
  });
  return bytes;
}

const numbersOf = (runs: ClusterRuns) =>
  [...runs].flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i));

test('clusters that hold only zeros are found, left out, or squeezed out', () => {
  fc.assert(
    fc.property(clusters, fc.nat(1000), (kinds, first) => {
      const zeros = new ZeroClusters(SIZE);
      const bytes = bytesOf(kinds);
      const stored = kinds.flatMap((kind, index) => (kind === 'zeros' ? [] : [index]));
      expect(kinds.map((_, index) => zeros.has(bytes, index))).toEqual(kinds.map((kind) => kind === 'zeros'));
      const found = new ClusterRuns();
      zeros.collect(bytes, first, found);
      expect(numbersOf(found)).toEqual(stored.map((index) => first + index));
      const expected = stored.flatMap((index) => [...bytes.subarray(index * SIZE, (index + 1) * SIZE)]);
      const kept = new ClusterRuns();
      expect(zeros.squeeze(bytes, first, kept)).toBe(stored.length);
      expect(numbersOf(kept)).toEqual(stored.map((index) => first + index));
      expect([...bytes.subarray(0, expected.length)]).toEqual(expected);
    }),
  );
});
