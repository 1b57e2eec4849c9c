import { viewOf } from '../format/field.ts';
import type { FileRequest, ResolvedFile } from '../io/open-options.ts';
import type { Source } from '../io/source.ts';
import { arraySource, buildImage } from '../testing/image.fixture.ts';
import { expectBytes, later, wholeOf } from '../testing/read.fixture.ts';
import { setU64 } from '../testing/set-u64.fixture.ts';
import { openQcow2Async } from './async-reader.ts';
import { openQcow2 } from './reader.ts';

describe('backing chains', () => {
  const overlay = (name: string, format?: string): Uint8Array =>
    buildImage({
      clusters: [undefined, { kind: 'data', fill: 1 }, { kind: 'zero' }, undefined, undefined],
      backing: { name, ...(format === undefined ? {} : { format }) },
    }).bytes;
  const opens =
    (files: Record<string, Uint8Array>) =>
    (request: FileRequest): ResolvedFile<Source> | undefined => {
      const bytes = files[request.name];
      return bytes === undefined ? undefined : { source: arraySource(bytes), id: request.name };
    };

  test('read through a raw file that ends inside a cluster', () => {
    const raw = new Uint8Array(3 * 512 + 100).fill(9);
    const image = openQcow2(arraySource(overlay('raw', 'raw')), { resolve: opens({ raw }) });
    const expected = new Uint8Array(5 * 512).fill(9, 0, 512).fill(1, 512, 1024).fill(9, 1536, 1636);
    expectBytes(wholeOf(image), expected);
    expect([...image.extents()].map(({ depth, zero, present }) => ({ depth, zero, present }))).toEqual([
      { depth: 1, zero: false, present: true },
      { depth: 0, zero: false, present: true },
      { depth: 0, zero: true, present: true },
      { depth: 1, zero: false, present: true },
      { depth: 0, zero: true, present: false },
    ]);
  });

  test('read through images of other cluster sizes, three deep', () => {
    const middle = buildImage({
      clusterBits: 10,
      clusters: [undefined, undefined, { kind: 'compressed', fill: 4 }],
      backing: { name: 'raw', format: 'raw' },
    }).bytes;
    const resolve = opens({ middle, raw: new Uint8Array(512).fill(8) });
    const image = openQcow2(arraySource(overlay('middle', 'qcow2')), { resolve });
    const expected = new Uint8Array(5 * 512).fill(8, 0, 512).fill(1, 512, 1024).fill(4, 2048);
    expected[2048] = 5;
    expectBytes(wholeOf(image), expected);
    expect(image.chain.map(({ size }) => size)).toEqual([2560, 3072, 512]);
  });

  test('probe only when asked to, and then by the first bytes', () => {
    const inner = buildImage({ clusters: [{ kind: 'data', fill: 6 }] }).bytes;
    const options = { resolve: opens({ inner }) };
    expect(() => openQcow2(arraySource(overlay('inner')), options)).toThrow(
      expect.objectContaining({ code: 'QCOW2_BACKING_REFUSED' }),
    );
    const image = openQcow2(arraySource(overlay('inner')), { ...options, probeBacking: true });
    expectBytes(wholeOf(image).subarray(0, 512), new Uint8Array(512).fill(6));
  });

  test('that loop are refused by name', () => {
    const files = { a: overlay('b', 'qcow2'), b: overlay('a', 'qcow2') };
    expect(() => openQcow2(arraySource(files.a), { id: 'a', resolve: opens(files) })).toThrow(
      expect.objectContaining({ code: 'QCOW2_BACKING_LOOP', message: 'backing chain loop: "a" -> "b" -> "a"' }),
    );
    expect(() => openQcow2(arraySource(overlay('a', 'qcow2')), { id: 'a', resolve: opens(files) })).toThrow(
      expect.objectContaining({ code: 'QCOW2_BACKING_LOOP' }),
    );
  });

  test('end at 64 images', () => {
    let depth = 0;
    const resolve = () => ({ source: arraySource(overlay('next', 'qcow2')), id: `${depth++}` });
    expect(() => openQcow2(arraySource(overlay('next', 'qcow2')), { resolve })).toThrow(
      expect.objectContaining({ code: 'QCOW2_BACKING_DEPTH' }),
    );
    expect(depth).toBe(63);
  });

  test('name what is missing, escaped', () => {
    expect(() => openQcow2(arraySource(overlay('no\n\x1bfile', 'raw')), { resolve: opens({}) })).toThrow(
      expect.objectContaining({
        code: 'QCOW2_BACKING_NOT_FOUND',
        message: 'backing file "no\\n\\u001bfile" is not there',
      }),
    );
  });

  test('are not opened without a resolver', () => {
    expect(() => openQcow2(arraySource(overlay('raw', 'raw')))).toThrow(
      expect.objectContaining({ code: 'QCOW2_BACKING_REFUSED' }),
    );
    const alone = openQcow2(arraySource(overlay('raw', 'raw')), { follow: 'none' });
    const part = new Uint8Array(512);
    alone.readAt(part, 512);
    expectBytes(part, new Uint8Array(512).fill(1));
    expect(() => alone.readAt(part, 0)).toThrow(expect.objectContaining({ code: 'QCOW2_BACKING_REFUSED' }));
  });

  test('take promises from the resolver of the asynchronous reader', async () => {
    const image = await openQcow2Async(later(arraySource(overlay('raw', 'raw'))), {
      resolve: async () => ({ source: later(arraySource(new Uint8Array(512).fill(9))), id: 'raw' }),
    });
    const part = new Uint8Array(512);
    await image.readAt(part, 0);
    expectBytes(part, new Uint8Array(512).fill(9));
  });
});

describe('the other parts of an image', () => {
  test('a data file holds the guest data', () => {
    const { bytes } = buildImage({ clusters: [{ kind: 'data', fill: 1 }, undefined], dataFile: { name: 'd' } });
    const resolve = (request: FileRequest) => {
      expect(request).toMatchObject({ role: 'data', name: 'd', depth: 0 });
      return { source: arraySource(new Uint8Array(1024).fill(7)) };
    };
    const image = openQcow2(arraySource(bytes), { resolve });
    expectBytes(wholeOf(image), new Uint8Array(1024).fill(7, 0, 512));
    expect(image.runAt(0)).toMatchObject({ kind: 'data', host: 0, inImage: false });
    const alone = openQcow2(arraySource(bytes), { follow: 'none' });
    expect(() => wholeOf(alone)).toThrow(expect.objectContaining({ code: 'QCOW2_DATA_FILE_REFUSED' }));
  });

  test('a snapshot is listed and read', () => {
    const { bytes, guest, at } = buildImage({
      clusters: [{ kind: 'data', fill: 1 }, undefined],
      snapshot: { id: '7', name: 'before' },
    });
    const image = openQcow2(arraySource(bytes));
    expect(image.snapshots()).toMatchObject([{ id: '7', name: 'before', seconds: 1_700_000_000, diskSize: 1024 }]);
    expectBytes(wholeOf(image.snapshot({ snapshot: '7' })), guest);
    expectBytes(wholeOf(image.snapshot({ snapshot: 'before', size: 'current' })), guest);
    setU64(viewOf(bytes), at.snapshots + 48, 512);
    const { size } = openQcow2(arraySource(bytes)).snapshot({ snapshot: '7' });
    expect([size, image.snapshot({ snapshot: '7', size: 'current' }).size]).toEqual([512, 1024]);
    setU64(viewOf(bytes), at.snapshots + 48, 2 ** 50);
    const limited = openQcow2(arraySource(bytes), { maxVirtualSize: 2 ** 40 });
    expect(() => limited.snapshot({ snapshot: '7' })).toThrow(expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }));
  });

  test('bitmaps are listed, unless some writer did not keep them', () => {
    const { bytes } = buildImage({ clusters: [undefined], bitmap: 'dirty0' });
    expect(openQcow2(arraySource(bytes)).bitmaps()).toMatchObject([
      { name: 'dirty0', granularity: 65_536, isAuto: true },
    ]);
    bytes[95] = 0;
    expect(openQcow2(arraySource(bytes)).bitmaps()).toEqual([]);
  });

  test('dirty, corrupt and unknown harmless bits are reported, not refused', () => {
    const { bytes, guest } = buildImage({ clusters: [{ kind: 'data', fill: 1 }] });
    bytes[79] = 3;
    bytes[80] = 0x80;
    bytes[88] = 0x80;
    const image = openQcow2(arraySource(bytes));
    expect(image.info).toMatchObject({ isDirty: true, isCorrupt: true });
    expect(image.info.warnings).toHaveLength(2);
    expectBytes(wholeOf(image), guest);
  });

  test('an encrypted image has a map, and reports how it is encrypted', () => {
    const { bytes } = buildImage({ clusters: [{ kind: 'data', fill: 1 }, undefined], crypt: 1 });
    const image = openQcow2(arraySource(bytes));
    expect([...image.extents()].map(({ data }) => data)).toEqual([true, false]);
    expect(() => wholeOf(image)).toThrow(
      expect.objectContaining({ code: 'QCOW2_ENCRYPTED', message: expect.stringContaining('AES') }),
    );
  });
});
