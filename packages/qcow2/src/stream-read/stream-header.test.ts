import { headerLayout as f } from '../format/header.ts';
import { ChunkReader } from '../io/chunk-reader.ts';
import { buildImage, type FixtureOptions } from '../testing/image.fixture.ts';
import { streamOf } from '../testing/memory-output.test.kit.ts';
import { needsFile, readStreamHeader, STREAM_HEAD_SIZE } from './stream-header.ts';

const read = (bytes: Uint8Array, options = {}) => readStreamHeader(new ChunkReader(streamOf(bytes, 100)), options);

test.each<[string, FixtureOptions]>([
  ['version 2', { version: 2, clusterBits: 12 }],
  ['version 3', { clusterBits: 12, clusters: [{ kind: 'data', fill: 1 }] }],
  [
    'an extension right after the header of version 2',
    { version: 2, extensions: [{ type: 9, data: new Uint8Array(50) }] },
  ],
])('%s: the header and the whole first cluster are read, and no more', async (_, options) => {
  const { bytes } = buildImage(options);
  const clusterSize = 2 ** (options.clusterBits ?? 9);
  const stream = new ChunkReader(streamOf(bytes, 100));
  const { header, first } = await readStreamHeader(stream, {});
  expect(first).toEqual(bytes.slice(0, clusterSize));
  expect(stream.size).toBe(clusterSize);
  expect(header).toMatchObject({ version: options.version ?? 3, clusterBits: options.clusterBits ?? 9 });
});

test('the virtual size is that of whole sectors', async () => {
  const { bytes } = buildImage({ clusterBits: 12, clusters: [{ kind: 'data', fill: 1 }] });
  f.size.set(new DataView(bytes.buffer), 0, 1025);
  expect((await read(bytes)).header.virtualSize).toBe(1024);
  await expect(read(bytes, { maxVirtualSize: 1024 })).resolves.toBeDefined();
  await expect(read(bytes, { maxVirtualSize: 1023 })).rejects.toMatchObject({ code: 'QCOW2_TOO_LARGE' });
});

test.each<[string, FixtureOptions, string]>([
  ['AES', { crypt: 1 }, 'the image is encrypted (AES)'],
  ['a data file', { dataFile: { name: 'd' } }, 'its data is in another file'],
  ['a backing file', { backing: { name: 'b', format: 'raw' } }, 'it has a backing file'],
  ['extended L2', { extendedL2: true, clusterBits: 14 }, 'it has extended L2 entries'],
])('%s is refused by name', async (_, options, message) => {
  await expect(read(buildImage(options).bytes)).rejects.toThrow(message);
});

test('an image with extended L2 needs a file; others, and what is not an image, do not', () => {
  const head = (options: FixtureOptions) => buildImage(options).bytes.subarray(0, STREAM_HEAD_SIZE);
  expect(needsFile(head({ extendedL2: true, clusterBits: 14 }))).toBe(true);
  expect(needsFile(head({}))).toBe(false);
  expect(needsFile(head({ backing: { name: 'b', format: 'raw' } }))).toBe(false);
  expect(needsFile(new Uint8Array(200))).toBe(false);
  expect(needsFile(new Uint8Array(0))).toBe(false);
});

test('a header that would place the L1 table in cluster 0 is refused', async () => {
  const { bytes } = buildImage({ clusters: [undefined] });
  f.l1_table_offset.set(new DataView(bytes.buffer), 0, 0);
  await expect(read(bytes)).rejects.toMatchObject({ code: 'QCOW2_CORRUPT' });
});
