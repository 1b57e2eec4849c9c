import fc from 'fast-check';
import { checkQcow2, checkQcow2Async } from '../check/check.ts';
import { loadCodec } from '../codec/codec.ts';
import { viewOf } from '../format/field.ts';
import { COPIED_HI, setEntry } from '../format/table-entry.ts';
import { arraySource, buildImage, type FixtureCluster, type FixtureOptions } from '../testing/image.fixture.ts';
import { expectBytes, later, wholeOf } from '../testing/read.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import { openQcow2Async } from './async-reader.ts';
import { openQcow2 } from './reader.ts';

const u8 = () => fc.integer({ min: 1, max: 255 });
const standardCluster = (): fc.Arbitrary<FixtureCluster> =>
  fc.oneof(
    fc.constant(undefined),
    fc.record({ kind: fc.constant('data' as const), fill: u8() }),
    fc.record({ kind: fc.constant('compressed' as const), fill: u8() }),
    fc.record({ kind: fc.constant('zero' as const), placed: fc.boolean() }),
  );
const subCluster = (): fc.Arbitrary<FixtureCluster> =>
  fc.oneof(
    fc.constant(undefined),
    fc.record({ kind: fc.constant('data' as const), fill: u8() }),
    fc.record({ kind: fc.constant('compressed' as const), fill: u8() }),
    fc
      .record({ fill: u8(), allocated: fc.nat(0xffff_ffff), zeros: fc.nat(0xffff_ffff) })
      .map(({ fill, allocated, zeros }) => ({
        kind: 'sub' as const,
        fill,
        allocated,
        zeros: (zeros & ~allocated) >>> 0,
      })),
  );

/** Images of every cluster map, refcount width and entry size. */
const anyImage = (): fc.Arbitrary<FixtureOptions> =>
  fc.oneof(
    fc.record({
      clusterBits: fc.integer({ min: 9, max: 13 }),
      refcountOrder: fc.integer({ min: 0, max: 6 }),
      clusters: fc.array(standardCluster(), { minLength: 1, maxLength: 40 }),
    }),
    fc.record({
      extendedL2: fc.constant(true),
      clusterBits: fc.integer({ min: 14, max: 15 }),
      clusters: fc.array(subCluster(), { minLength: 1, maxLength: 5 }),
    }),
  );

describe('openQcow2', () => {
  test('reads every cluster map, whole and in parts', () => {
    fc.assert(
      fc.property(anyImage(), fc.nat(), fc.nat(), (options, from, length) => {
        const { bytes, guest } = buildImage(options);
        const image = openQcow2(arraySource(bytes));
        expect(image.size).toBe(guest.length);
        expectBytes(wholeOf(image), guest);
        const offset = from % guest.length;
        const part = new Uint8Array(length % (guest.length - offset));
        image.readAt(part, offset);
        expectBytes(part, guest.subarray(offset, offset + part.length));
      }),
      { numRuns: 60 },
    );
  });

  test('agrees with the asynchronous reader', async () => {
    await fc.assert(
      fc.asyncProperty(anyImage(), async (options) => {
        const { bytes, guest } = buildImage(options);
        const image = await openQcow2Async(later(arraySource(bytes)));
        const read = new Uint8Array(image.size);
        await image.readAt(read, 0);
        expectBytes(read, guest);
        const extents = [];
        for await (const extent of image.extents()) extents.push(extent);
        expect(extents).toEqual([...openQcow2(arraySource(bytes)).extents()]);
        expect(await checkQcow2Async(later(arraySource(bytes)))).toEqual(checkQcow2(arraySource(bytes)));
      }),
      { numRuns: 25 },
    );
  });

  test('extents tile the disk, are maximal, and pieces contain its bytes', () => {
    fc.assert(
      fc.property(anyImage(), (options) => {
        const { bytes, guest } = buildImage(options);
        const image = openQcow2(arraySource(bytes));
        let end = 0;
        for (const { offset, length, zero } of image.extents()) {
          expect(offset).toBe(end);
          end += length;
          if (zero) expect(guest.subarray(offset, end).every((byte) => byte === 0)).toBe(true);
        }
        expect(end).toBe(guest.length);
        const copy = new Uint8Array(guest.length);
        for (const piece of image.pieces()) if (piece.kind === 'data') copy.set(piece.bytes, piece.offset);
        expectBytes(copy, guest);
      }),
      { numRuns: 40 },
    );
  });

  test('extents end where the kind, the image or the sequence of host offsets changes', () => {
    const kinds = [{ kind: 'zero' }, undefined, { kind: 'data', fill: 1 }, { kind: 'data', fill: 2 }] as const;
    const { bytes, at } = buildImage({ clusters: kinds });
    const lengths = () => [...openQcow2(arraySource(bytes)).extents()].map(({ length }) => length);
    expect(lengths()).toEqual([512, 512, 1024]);
    const view = viewOf(bytes);
    setEntry(view, at.l2 + 16, at.data[3] ?? 0, COPIED_HI);
    setEntry(view, at.l2 + 24, at.data[2] ?? 0, COPIED_HI);
    expect(lengths()).toEqual([512, 512, 512, 512]);
    const base = buildImage({ clusters: [undefined, { kind: 'zero' }] }).bytes;
    const overlay = buildImage({ clusters: kinds, backing: { name: 'base', format: 'qcow2' } }).bytes;
    const image = openQcow2(arraySource(overlay), { resolve: () => ({ source: arraySource(base) }) });
    expect([...image.extents()].map(({ depth, length }) => [depth, length])).toEqual([
      [0, 512],
      [1, 512],
      [0, 1024],
    ]);
  });

  test('finds data after the empty first pieces of a table', () => {
    const { bytes, at } = buildImage({ clusterBits: 15, clusters: [{ kind: 'data', fill: 6 }] });
    const view = viewOf(bytes);
    // The entry moves from the first piece of the table to the second.
    bytes.copyWithin(at.l2 + 3000 * 8, at.l2, at.l2 + 8);
    setEntry(view, at.l2, 0);
    setU64(view, 24, 3001 * 32_768);
    const image = openQcow2(arraySource(bytes));
    expect([...image.extents()].map(({ data, length }) => [data, length])).toEqual([
      [false, 3000 * 32_768],
      [true, 32_768],
    ]);
    const part = new Uint8Array(512);
    image.readAt(part, 3000 * 32_768 - 256);
    expectBytes(part, new Uint8Array(512).fill(6, 256));
  });

  test('every image of the builder is clean', () => {
    fc.assert(
      fc.property(anyImage(), (options) => {
        expect(checkQcow2(arraySource(buildImage(options).bytes))).toMatchObject({ corruptions: 0, leaks: 0 });
      }),
      { numRuns: 40 },
    );
  });

  test('reads zstd clusters, several frames too', async () => {
    await loadCodec('zstd');
    const { bytes, guest } = buildImage({ zstd: true, clusterBits: 12, clusters: [{ kind: 'compressed', fill: 7 }] });
    expectBytes(wholeOf(openQcow2(arraySource(bytes))), guest);
  });

  test('reads a version 2 header whose extensions are where version 3 has its feature bits', () => {
    const options = {
      version: 2,
      clusters: [{ kind: 'data', fill: 3 }],
      backing: { name: 'b', format: 'raw' },
    } as const;
    const { bytes, guest } = buildImage(options);
    const image = openQcow2(arraySource(bytes), { resolve: () => ({ source: arraySource(new Uint8Array(512)) }) });
    expect(image.info).toMatchObject({ backingName: 'b', backingFormat: 'raw', refcountBits: 16 });
    expectBytes(wholeOf(image), guest);
  });

  test('takes a partly present last cluster as zero padded', () => {
    const { bytes, at, guest } = buildImage({ clusterBits: 12, clusters: [undefined, { kind: 'data', fill: 5 }] });
    const cut = at.data[1] ?? 0;
    // The refcounts are past the end; reading does not need them.
    const image = openQcow2(arraySource(bytes.slice(0, cut + 100)));
    guest.fill(0, 4096 + 100);
    expectBytes(wholeOf(image), guest);
  });

  test('reads zeros beyond the end of a cut file only when asked', () => {
    const { bytes, at } = buildImage({ clusters: [{ kind: 'data', fill: 5 }] });
    const cut = arraySource(bytes.slice(0, at.l2));
    expect(() => wholeOf(openQcow2(cut))).toThrow(expect.objectContaining({ code: 'QCOW2_TRUNCATED' }));
    expectBytes(wholeOf(openQcow2(cut, { truncated: 'zeros' })), new Uint8Array(512));
  });

  test('refuses a promise where it cannot wait', () => {
    const { bytes } = buildImage({ clusters: [{ kind: 'data', fill: 5 }] });
    // An asynchronous source fits the synchronous type, as a function that returns something fits one that does not.
    expect(() => openQcow2(later(arraySource(bytes)))).toThrow(TypeError);
  });

  test('refuses a read beyond the end as the mistake of its caller', () => {
    const image = openQcow2(arraySource(buildImage({ clusters: [undefined] }).bytes));
    expect(() => image.readAt(new Uint8Array(1), 512)).toThrow(RangeError);
    expect(() => image.readAt(new Uint8Array(1), -1)).toThrow(RangeError);
  });

  test('reports from which host byte data may be copied', () => {
    const { bytes, at } = buildImage({ clusters: [undefined, { kind: 'data', fill: 1 }, { kind: 'data', fill: 2 }] });
    const image = openQcow2(arraySource(bytes));
    expect(image.runAt(600)).toMatchObject({ kind: 'data', host: (at.data[1] ?? 0) + 88, length: 936, inImage: true });
    expect(image.runAt(0)).toMatchObject({ kind: 'zero', length: 512, present: false, inImage: false });
    const cut = openQcow2(arraySource(bytes.slice(0, (at.data[1] ?? 0) + 100)));
    expect(cut.runAt(512)).toMatchObject({ kind: 'data', inImage: false });
  });
});

test('an aborted signal ends a call with its reason', async () => {
  const { bytes } = buildImage({ clusters: [{ kind: 'data', fill: 1 }] });
  const stop = new AbortController();
  const source = later(arraySource(bytes));
  let isOpen = false;
  const image = await openQcow2Async({
    size: source.size,
    readAt: (into: Uint8Array, offset: number) => {
      if (isOpen) stop.abort(new Error('enough'));
      return source.readAt(into, offset);
    },
  });
  isOpen = true;
  await expect(image.readAt(new Uint8Array(512), 0, stop.signal)).rejects.toThrow('enough');
});
