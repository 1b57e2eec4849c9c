import { decodeHeader, decodeHeaderTail } from '../format/header.ts';
import { MemoryOutput } from '../testing/memory-output.test.kit.ts';
import { clearHeader, encodeFreshHeader, extensionRoom } from './fresh-header.ts';

const TABLES = { l1Entries: 3, l1Offset: 4096, refcountTableOffset: 8192, refcountTableClusters: 2 };
const FRESH = { clusterBits: 12, virtualSize: 2 ** 30 };

test.each([
  [{ version: 2 }, { headerLength: 72, compressionType: 0, incompatible: { hi: 0, lo: 0 } }],
  [{ version: 3 }, { headerLength: 104, compressionType: 0, incompatible: { hi: 0, lo: 0 } }],
  [
    { version: 3, compression: 'zlib' },
    { headerLength: 104, compressionType: 0, incompatible: { hi: 0, lo: 0 } },
  ],
  [
    { version: 2, compression: 'zlib' },
    { headerLength: 72, compressionType: 0, incompatible: { hi: 0, lo: 0 } },
  ],
  [
    { version: 3, compression: 'zstd' },
    { headerLength: 112, compressionType: 1, incompatible: { hi: 0, lo: 8 } },
  ],
] as const)('of %j: the shortest header that names the compression', (choice, expected) => {
  const cluster = encodeFreshHeader({ ...FRESH, ...choice }, TABLES);
  expect(cluster).toHaveLength(4096);
  expect(decodeHeader(cluster)).toEqual({
    ...TABLES,
    ...FRESH,
    version: choice.version,
    cryptMethod: 0,
    snapshotCount: 0,
    snapshotsOffset: 0,
    compatible: { hi: 0, lo: 0 },
    autoclear: { hi: 0, lo: 0 },
    refcountOrder: 4,
    backingName: { offset: 0, length: 0 },
    ...expected,
  });
});

test('zstd needs version 3', () => {
  expect(() => encodeFreshHeader({ ...FRESH, version: 2, compression: 'zstd' }, TABLES)).toThrow(RangeError);
});

test.each([
  [2, undefined],
  [3, undefined],
  [3, 'zstd'],
] as const)(
  'version %d, compression %s: an extension that uses all the room fits, a longer one does not',
  (version, compression) => {
    const fresh = { clusterBits: 9, virtualSize: 512, version, ...(compression === undefined ? {} : { compression }) };
    const first = { type: 7, data: new Uint8Array(5).fill(1) };
    const room = extensionRoom({ ...fresh, extensions: [first] });
    const header = (length: number) =>
      encodeFreshHeader({ ...fresh, extensions: [first, { type: 8, data: new Uint8Array(length).fill(2) }] }, TABLES);
    const cluster = header(room);
    const { extensions } = decodeHeaderTail(cluster, decodeHeader(cluster));
    expect(extensions.map(({ type, data }) => [type, data.length])).toEqual([
      [7, 5],
      [8, room],
    ]);
    expect(() => header(room + 1)).toThrow(expect.objectContaining({ code: 'QCOW2_TOO_LARGE' }));
  },
);

test('clearHeader overwrites the magic number of an older image', async () => {
  const output = new MemoryOutput(false);
  output.bytes = new Uint8Array(2048).fill(0x51);
  await clearHeader(output);
  expect(output.bytes.findIndex((byte) => byte !== 0)).toBe(512);
});
