import { loadCodec } from '../codec/codec.ts';
import { decodeHeader } from '../format/header.ts';
import { MemorySpool } from '../io/spool.ts';
import { openQcow2 } from '../read/reader.ts';
import { arraySource } from '../testing/image.fixture.ts';
import { makeDisk } from '../testing/made-disk.test.kit.ts';
import { MemoryOutput, memoryInput, streamOf } from '../testing/memory-output.test.kit.ts';
import { writeBudgeted } from './budget-writer.ts';
import { writeCompressed, writeSpooled, writeSpooledStream } from './compressed-writer.ts';

const made = makeDisk(12, ['text', 'unmapped', 'noise', 'zeros', 'text', 'last byte'], 100);
const options = async (type: 'zlib' | 'zstd' = 'zlib') => ({
  virtualSize: made.bytes.length,
  clusterBits: 12,
  version: type === 'zlib' ? (2 as const) : (3 as const),
  runs: made.runs,
  codec: await loadCodec(type),
});

test('the summary counts what was stored, and what was left out', async () => {
  const output = new MemoryOutput(false);
  expect(await writeCompressed(memoryInput(made.bytes), output, await options())).toMatchObject({
    bytes: output.bytes.length,
    plainClusters: 1,
    compressedClusters: 3,
    droppedClusters: 1,
  });
  const spooled = new MemoryOutput(true);
  expect(await writeSpooled(memoryInput(made.bytes), spooled, new MemorySpool(), await options())).toMatchObject({
    bytes: spooled.bytes.length,
    plainClusters: 1,
    compressedClusters: 3,
    droppedClusters: 1,
    freeClusters: 0,
  });
  // Of a stream every cluster is looked at.
  const streamed = new MemoryOutput(true);
  const summary = await writeSpooledStream(streamOf(made.bytes, 999), streamed, new MemorySpool(), await options());
  expect(summary).toMatchObject({ plainClusters: 1, compressedClusters: 3, droppedClusters: 2 });
});

test('what is compressed is read back, and is where the header says', async () => {
  for (const type of ['zlib', 'zstd'] as const) {
    const output = new MemoryOutput(false);
    await writeCompressed(memoryInput(made.bytes), output, await options(type));
    expect(decodeHeader(output.bytes)).toMatchObject({ l1Offset: 4096, compressionType: type === 'zlib' ? 0 : 1 });
    const image = openQcow2(arraySource(output.bytes));
    expect([...image.extents()].filter(({ compressed }) => compressed).length).toBeGreaterThan(0);
    expect(image.info.compressionType).toBe(type);
  }
});

test('extensions are asked for after the data where the header is written last, before it otherwise', async () => {
  const events: string[] = [];
  const input = {
    ...memoryInput(made.bytes),
    readAt: (into: Uint8Array, offset: number) => {
      if (events.at(-1) !== 'read') events.push('read');
      into.set(made.bytes.subarray(offset, offset + into.length));
    },
  };
  const extensions = () => {
    events.push('extensions');
    return [{ type: 0x77, data: Uint8Array.of(1, 2, 3) }];
  };
  const common = { ...(await options()), extensions };
  const written = new MemoryOutput(false);
  await writeCompressed(input, written, common);
  await writeSpooled(input, new MemoryOutput(true), new MemorySpool(), common);
  await writeBudgeted(input, new MemoryOutput(true), { ...common, budget: 0.5 });
  expect(events).toEqual(['read', 'extensions', 'read', 'extensions', 'extensions', 'read']);
  expect(openQcow2(arraySource(written.bytes)).info.extensions).toEqual([{ type: 0x77, data: Uint8Array.of(1, 2, 3) }]);
});

test('progress counts the bytes of the mapped clusters', async () => {
  const done: number[] = [];
  const onProgress = (bytes: number) => void done.push(bytes);
  await writeCompressed(memoryInput(made.bytes), new MemoryOutput(false), { ...(await options()), onProgress });
  expect(done).toEqual([4096, 5 * 4096]);
});

test('a sequential output, a run past the disk and a budget above 1 are mistakes of the caller, found before a write', async () => {
  const input = memoryInput(made.bytes);
  const output = new MemoryOutput(true);
  const common = await options();
  await expect(writeCompressed(input, output, common)).rejects.toThrow(TypeError);
  const runs = [{ start: 0, count: 7 }];
  await expect(writeSpooled(input, output, new MemorySpool(), { ...common, runs })).rejects.toThrow(RangeError);
  for (const budget of [-0.1, 1.1, Number.NaN]) {
    await expect(writeBudgeted(input, output, { ...common, budget })).rejects.toThrow(RangeError);
  }
  expect(output.writes).toBe(0);
});

test('the tables of a budgeted image are after the budget, and its rest is stored uncompressed', async () => {
  const noise = makeDisk(
    12,
    Array.from({ length: 10 }, () => 'noise' as const),
    0,
  );
  const output = new MemoryOutput(true);
  const summary = await writeBudgeted(memoryInput(noise.bytes), output, {
    ...(await options()),
    virtualSize: noise.bytes.length,
    runs: noise.runs,
    budget: 0.4,
  });
  // The header, then 4 clusters of budget, all of them used.
  expect(decodeHeader(output.bytes).l1Offset).toBe(5 * 4096);
  expect(summary).toMatchObject({ plainClusters: 10, compressedClusters: 0, droppedClusters: 0, freeClusters: 0 });
});
