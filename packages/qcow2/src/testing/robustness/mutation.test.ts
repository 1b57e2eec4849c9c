import fc from 'fast-check';
import { isQcow2Error } from '../../base/errors.ts';
import { checkQcow2 } from '../../check/check.ts';
import { openQcow2, type Qcow2Image } from '../../read/reader.ts';
import { countingSource } from '../counting-source.fixture.ts';
import { arraySource, buildImage, type FixtureOptions } from '../image.fixture.ts';

const IMAGES: readonly FixtureOptions[] = [
  {
    clusters: [{ kind: 'data', fill: 1 }, undefined, { kind: 'zero', placed: true }, { kind: 'compressed', fill: 2 }],
    snapshot: { id: '1', name: 'before' },
    bitmap: 'b0',
  },
  {
    version: 2,
    clusterBits: 10,
    clusters: [
      { kind: 'data', fill: 1 },
      { kind: 'compressed', fill: 2 },
    ],
  },
  {
    extendedL2: true,
    clusterBits: 14,
    clusters: [{ kind: 'sub', fill: 1, allocated: 0xff, zeros: 0xff00 }, undefined, { kind: 'data', fill: 3 }],
  },
  { clusters: [{ kind: 'data', fill: 1 }, undefined], backing: { name: 'base', format: 'raw' }, refcountOrder: 0 },
];

/** A position in the tables (most bytes of an image are data, which is never checked), and the bytes written to it. */
const mutation = () =>
  fc.record({ where: fc.nat(), bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.constant(FULL)) });
const FULL = new Uint8Array(8).fill(0xff);
/** What a reader may read from a file of at most some hundred kilobytes, whatever the file says. */
const LIMIT = { reads: 5000, bytes: 2 ** 26 };
/** Larger disks are not read whole: a mutated size may be petabytes. */
const READ = 1 << 20;

function useAll(image: Qcow2Image): void {
  attempt(() => image.readAt(new Uint8Array(Math.min(image.size, READ)), 0));
  attempt(() => {
    let left = 1000;
    for (const _ of image.extents()) if (--left === 0) break;
  });
  attempt(() => image.snapshots());
  attempt(() => image.snapshot({ snapshot: '1' }).readAt(new Uint8Array(1), 0));
  attempt(() => image.bitmaps());
}

/** Only a Qcow2Error is right, whatever the image says: a RangeError would be a read that the package must not attempt. */
function attempt(use: () => unknown): void {
  try {
    use();
  } catch (error) {
    if (!isQcow2Error(error)) throw error;
  }
}

describe('an image with bytes changed at random', () => {
  test.each(IMAGES.map((options, index) => [index, options] as const))(
    'number %d ends in Qcow2Error or reads, after a bounded number of reads',
    (_, options) => {
      const { bytes, at } = buildImage(options);
      const tables = [0, at.l1, at.l2, at.refcountTable, at.refcountBlock, at.snapshots, at.bitmapDirectory];
      fc.assert(
        fc.property(fc.array(mutation(), { minLength: 1, maxLength: 4 }), fc.nat(bytes.length), (mutations, cut) => {
          const hostile = bytes.slice(0, cut % 3 === 0 ? cut : bytes.length);
          for (const { where, bytes: put } of mutations) {
            const start = (tables[where % tables.length] ?? 0) + (Math.floor(where / tables.length) % 128);
            if (start + put.length <= hostile.length) hostile.set(put, start);
          }
          const source = () => countingSource(arraySource(hostile), LIMIT);
          attempt(() => useAll(openQcow2(source(), { resolve: () => ({ source: arraySource(new Uint8Array(700)) }) })));
          attempt(() => useAll(openQcow2(source(), { follow: 'none', truncated: 'zeros', reserved: 'ignore' })));
          attempt(() => checkQcow2(source()));
        }),
        { numRuns: 300 },
      );
    },
  );
});
