import { checkQcow2 } from '../../check/check.ts';
import type { CheckFinding } from '../../check/findings.ts';
import { WINDOW_CLUSTERS } from '../../check/reference-counter.ts';
import { viewOf } from '../../format/field.ts';
import { COPIED_HI, setEntry } from '../../format/table-entry.ts';
import { countingSource } from '../counting-source.fixture.ts';
import { arraySource, buildImage } from '../image.fixture.ts';

const CLUSTER = 512;
/** First byte that the second pass counts. */
const SECOND_PASS = WINDOW_CLUSTERS * CLUSTER;

/** An image of 64 guest clusters whose file claims to be longer; `offsets` are host bytes of its clusters. */
function scattered(places: readonly number[], size: number) {
  const { bytes, at } = buildImage({ clusters: Array.from({ length: 64 }, () => undefined) });
  places.forEach((place, index) => {
    setEntry(viewOf(bytes), at.l2 + index * 8, place, COPIED_HI);
  });
  return arraySource(bytes, size);
}

describe('a check of more clusters than one pass counts', () => {
  test('finds the clusters of later passes, once each', () => {
    const findings: CheckFinding[] = [];
    const places = [SECOND_PASS, SECOND_PASS + CLUSTER, 5 * SECOND_PASS + 7 * CLUSTER];
    const report = checkQcow2(scattered(places, 8 * SECOND_PASS), { onFinding: (finding) => findings.push(finding) });
    const missing = findings.filter(({ what }) => what === 'refcount');
    expect(missing.map(({ hostOffset, found, expected }) => [hostOffset, found, expected])).toEqual(
      places.map((place) => [place, 0, 1]),
    );
    // Each is also COPIED with a refcount of 0.
    expect(report).toMatchObject({ corruptions: 6, leaks: 0, imageEndOffset: 5 * SECOND_PASS + 8 * CLUSTER });
  });

  test('makes no pass over the empty space between', () => {
    const source = countingSource(scattered([2 ** 51], 2 ** 52));
    checkQcow2(source);
    // Two passes: each reads the L2 table and the refcounts. A pass for each 16 million clusters would be 262 144.
    expect(source.reads).toBeLessThan(20);
  });
});
