import { memorySource } from '@e2image/sparse-io';
import { MemorySink } from '@e2image/sparse-io/testing';
import fc from 'fast-check';
import { diskBytes } from './image-of.test.kit.ts';
import { recogniseDisk } from './open-disk.ts';
import { measureQcow2, type Qcow2Options, writeQcow2, writeQcow2Stream } from './write-qcow2.ts';

const CLUSTER_BITS = 9;
const CLUSTER = 2 ** CLUSTER_BITS;

/** Options that store all of a disk. */
function optionsFor(bytes: Uint8Array, options: Omit<Qcow2Options, 'layout'> = {}): Qcow2Options {
  const version = options.compression?.type === 'zstd' ? 3 : 2;
  const runs = [{ start: 0, count: bytes.length / CLUSTER }];
  return { layout: { virtualSize: bytes.length, clusterBits: CLUSTER_BITS, version, runs }, ...options };
}

async function written(bytes: Uint8Array, options: Qcow2Options, isSequential: boolean): Promise<Uint8Array> {
  const sink = new MemorySink({ isSequential });
  await sink.finish((await writeQcow2(memorySource(bytes), sink, options)).bytes);
  return sink.bytes;
}

/** The disk in an image, and what is unknown of it. */
async function readBack(image: Uint8Array) {
  const disk = await recogniseDisk({ source: memorySource(image), close: () => undefined }, { format: 'qcow2' });
  const bytes = new Uint8Array(disk.source.size);
  disk.source.readAt(bytes, 0);
  return { bytes, unread: disk.image?.info.unread };
}

/** Disks of clusters that are zeros, or full of one byte. */
const disks = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }).map((clusters) => {
  const bytes = new Uint8Array(clusters.length * CLUSTER);
  for (const [index, value] of clusters.entries()) bytes.fill(value, index * CLUSTER, (index + 1) * CLUSTER);
  return bytes;
});

const WAYS: readonly [string, boolean, Omit<Qcow2Options, 'layout'>][] = [
  ['plain, into a file', false, {}],
  ['plain, into a pipe', true, {}],
  ['zlib, into a file', false, { compression: { type: 'zlib' } }],
  ['zlib, into a pipe by a spool', true, { compression: { type: 'zlib', level: 9 } }],
  ['zlib, into a pipe in two passes', true, { compression: { type: 'zlib' }, pipeLayout: 'two-pass' }],
  ['zlib, into a pipe with a budget', true, { compression: { type: 'zlib' }, pipeLayout: 'budget' }],
  ['zstd, into a pipe by a spool', true, { compression: { type: 'zstd' } }],
];

test.each(WAYS)('what is written is read back: %s', async (_way, isSequential, options) => {
  await fc.assert(
    fc.asyncProperty(disks, async (bytes) => {
      const image = await written(bytes, optionsFor(bytes, options), isSequential);
      expect((await readBack(image)).bytes).toEqual(bytes);
    }),
    { numRuns: 20 },
  );
});

test.each(WAYS.filter(([, isSequential, { pipeLayout }]) => isSequential && pipeLayout !== 'budget'))(
  'the measured size is the size in a pipe: %s',
  async (_way, isSequential, options) => {
    const all = optionsFor(diskBytes, options);
    const image = await written(diskBytes, all, isSequential);
    expect(await measureQcow2(memorySource(diskBytes), all)).toBe(image.length);
  },
);

test.each(WAYS)('unknown ranges stay unknown: %s', async (_way, isSequential, options) => {
  const unread = [{ offset: 512, length: 1024 }];
  const image = await written(diskBytes, optionsFor(diskBytes, { ...options, unread: () => unread }), isSequential);
  expect(await readBack(image)).toEqual({ bytes: diskBytes, unread });
});

test('where nothing is unknown the image is the same as without the question', async () => {
  const without = await written(diskBytes, optionsFor(diskBytes), true);
  expect(await written(diskBytes, optionsFor(diskBytes, { unread: () => [] }), true)).toEqual(without);
});

test('a stream of unknown size is compressed, and progress counts its bytes', async () => {
  const sink = new MemorySink({ isSequential: true });
  const done: number[] = [];
  async function* chunks() {
    yield diskBytes.subarray(0, 700);
    yield diskBytes.subarray(700);
  }
  const { bytes } = await writeQcow2Stream(chunks(), sink, {
    clusterBits: CLUSTER_BITS,
    version: 2,
    compression: { type: 'zlib' },
    spoolFolder: undefined,
    onProgress: (count) => done.push(count),
  });
  await sink.finish(bytes);
  expect((await readBack(sink.bytes)).bytes).toEqual(diskBytes);
  expect(done.at(-1)).toBe(diskBytes.length);
});
