import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { type CompressionType, loadCodec } from '../codec/codec.ts';
import type { Input } from '../io/input.ts';
import { MemorySpool } from '../io/spool.ts';
import { planImage } from '../write/image-plan.ts';
import { type WriteSummary, writePlain } from '../write/plain-writer.ts';
import { sampleRatio, writeBudgeted } from '../write-compressed/budget-writer.ts';
import { writeCompressed, writeSpooled, writeSpooledStream } from '../write-compressed/compressed-writer.ts';
import { measureCompressed, writeMeasured } from '../write-compressed/measured-writer.ts';
import { type Disk, disk, makeDisk } from './made-disk.test.kit.ts';
import { MemoryOutput, memoryInput, streamOf } from './memory-output.test.kit.ts';
import { secondOpinion } from './second-opinion.test.kit.ts';

type Write = (disk: Disk, input: Input, output: MemoryOutput) => Promise<WriteSummary>;

const shape = async ({ bytes, clusterBits, runs }: Disk, type: CompressionType) => ({
  virtualSize: bytes.length,
  clusterBits,
  version: type === 'zstd' ? (3 as const) : (2 as const),
  runs,
  codec: await loadCodec(type),
});

const plain =
  (version: 2 | 3): Write =>
  async ({ bytes, clusterBits, runs }, input, output) =>
    writePlain(input, output, { plan: planImage({ virtualSize: bytes.length, clusterBits, version, runs }) });
const compressed =
  (type: CompressionType): Write =>
  async (made, input, output) =>
    writeCompressed(input, output, await shape(made, type));
const spooled =
  (type: CompressionType): Write =>
  async (made, input, output) =>
    writeSpooled(input, output, new MemorySpool(), await shape(made, type));
const spooledStream: Write = async (made, _, output) =>
  writeSpooledStream(streamOf(made.bytes, 1000), output, new MemorySpool(), await shape(made, 'zlib'));
const measured: Write = async (made, input, output) => {
  const options = await shape(made, 'zlib');
  const plan = await measureCompressed(input, options);
  const result = await writeMeasured(input, output, plan, options);
  expect(result.bytes).toBe(plan.totalBytes);
  return result;
};
const budgeted =
  (budget: number): Write =>
  async (made, input, output) =>
    writeBudgeted(input, output, { ...(await shape(made, 'zlib')), budget });

test.each<[string, boolean, Write]>([
  ['plain version 2 into a pipe', true, plain(2)],
  ['plain version 3 into a pipe', true, plain(3)],
  ['plain version 2 into a file', false, plain(2)],
  ['plain version 3 into a file', false, plain(3)],
  ['compressed into a file', false, compressed('zlib')],
  ['compressed with zstd into a file', false, compressed('zstd')],
  ['compressed through a spool', true, spooled('zlib')],
  ['compressed with zstd through a spool', true, spooled('zstd')],
  ['compressed through a spool from a stream', true, spooledStream],
  ['compressed in two passes', true, measured],
  ['compressed with a budget of 0', true, budgeted(0)],
  ['compressed with a budget of 0.3', true, budgeted(0.3)],
  ['compressed with a budget of 1 into a file', false, budgeted(1)],
])('%s: what is written reads back, every refcount is right', async (_, isSequential, write) => {
  await fc.assert(
    fc.asyncProperty(disk, async (made) => {
      const output = new MemoryOutput(isSequential);
      const result = await write(made, memoryInput(made.bytes), output);
      const { guest, faults, free } = secondOpinion(output.bytes);
      expect(faults).toEqual([]);
      expect(guest.length).toBe(Math.ceil(made.bytes.length / 512) * 512);
      expect(Buffer.compare(guest.subarray(0, made.bytes.length), made.bytes)).toBe(0);
      expect(result.bytes).toBe(output.bytes.length);
      expect(result.freeClusters).toBe(free);
    }),
    { numRuns: 25 },
  );
});

test('zeros are not stored in a file, and no plan is exceeded', async () => {
  const made = makeDisk(9, ['zeros', 'text', 'zeros', 'zeros', 'noise', 'unmapped', 'last byte'], 100);
  const output = new MemoryOutput(false);
  const result = await plain(2)(made, memoryInput(made.bytes), output);
  expect(result).toMatchObject({ plainClusters: 3, droppedClusters: 3, compressedClusters: 0 });
  expect(secondOpinion(output.bytes).faults).toEqual([]);
});

test('a plain image into a pipe has exactly the planned bytes, with zeros where the map has data', async () => {
  const made = makeDisk(12, ['zeros', 'text', 'zeros'], 0);
  const plan = planImage({ virtualSize: made.bytes.length, clusterBits: 12, version: 2, runs: made.runs });
  const output = new MemoryOutput(true);
  const result = await writePlain(memoryInput(made.bytes), output, { plan });
  expect(output.bytes.length).toBe(plan.totalBytes);
  expect(result).toMatchObject({ plainClusters: 3, droppedClusters: 0, freeClusters: 0 });
});

test('the second pass notices that the source changed, and says which cluster', async () => {
  const made = makeDisk(
    12,
    Array.from({ length: 9 }, () => 'text' as const),
    0,
  );
  const options = await shape(made, 'zlib');
  const plan = await measureCompressed(memoryInput(made.bytes), options);
  made.bytes.fill(7, 5 * 4096, 6 * 4096);
  const writing = writeMeasured(memoryInput(made.bytes), new MemoryOutput(true), plan, options);
  await expect(writing).rejects.toMatchObject({ code: 'QCOW2_INPUT_CHANGED', detail: { value: 5 } });
});

test('the second pass notices a cluster that has become zero', async () => {
  const made = makeDisk(12, ['text', 'text'], 0);
  const options = await shape(made, 'zlib');
  const plan = await measureCompressed(memoryInput(made.bytes), options);
  made.bytes.fill(0, 4096);
  const writing = writeMeasured(memoryInput(made.bytes), new MemoryOutput(true), plan, options);
  await expect(writing).rejects.toMatchObject({ code: 'QCOW2_INPUT_CHANGED' });
});

test('a sample of a disk guesses its ratio', async () => {
  const half = makeDisk(
    12,
    Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'noise' : 'text')),
    0,
  );
  const ratio = await sampleRatio(memoryInput(half.bytes), await shape(half, 'zlib'));
  expect(ratio).toBeGreaterThan(0.4);
  expect(ratio).toBeLessThan(0.7);
});

test('nothing is written before a disk that is too large is refused', async () => {
  const output = new MemoryOutput(true);
  const options = { ...(await shape(makeDisk(9, [], 0), 'zlib')), virtualSize: 2 ** 40 };
  const writing = writeSpooled(memoryInput(new Uint8Array(0)), output, new MemorySpool(), options);
  await expect(writing).rejects.toMatchObject({ code: 'QCOW2_TOO_LARGE' });
  expect(output.writes).toBe(0);
});

test('an aborted signal stops each writer with its reason', async () => {
  const made = makeDisk(
    12,
    Array.from({ length: 40 }, () => 'text' as const),
    0,
  );
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  const plan = planImage({ virtualSize: made.bytes.length, clusterBits: 12, version: 2, runs: made.runs });
  await expect(writePlain(memoryInput(made.bytes), new MemoryOutput(true), { plan, signal })).rejects.toBe(reason);
  const options = { ...(await shape(made, 'zlib')), signal };
  await expect(writeCompressed(memoryInput(made.bytes), new MemoryOutput(false), options)).rejects.toBe(reason);
});

test('a disk that comes as a stream reports its progress, and stops at a signal between clusters of zeros', async () => {
  const made = makeDisk(12, ['text', 'zeros', 'noise'], 0);
  const done: number[] = [];
  const onProgress = (bytes: number) => done.push(bytes);
  const options = { ...(await shape(made, 'zlib')), onProgress };
  await writeSpooledStream(streamOf(made.bytes, 1000), new MemoryOutput(true), new MemorySpool(), options);
  expect(done.at(-1)).toBe(made.bytes.length);
  const abort = new AbortController();
  async function* endless() {
    for (let chunks = 0; ; chunks++) {
      if (chunks === 100) abort.abort(new Error('enough'));
      if (chunks === 200) throw new Error('not heard');
      yield new Uint8Array(1 << 18);
    }
  }
  const stopped = { ...options, signal: abort.signal };
  const writing = writeSpooledStream(endless(), new MemoryOutput(true), new MemorySpool(), stopped);
  await expect(writing).rejects.toThrow('enough');
});

test('the header of a file is written last, that of a pipe first', async () => {
  const made = makeDisk(12, ['text', 'noise'], 0);
  const plan = planImage({ virtualSize: made.bytes.length, clusterBits: 12, version: 2, runs: made.runs });
  const offsets = async (isSequential: boolean) => {
    const seen: number[] = [];
    const writeAt = (_: Uint8Array, offset: number) => void seen.push(offset);
    await writePlain(memoryInput(made.bytes), { isSequential, writeAt }, { plan });
    return seen;
  };
  expect((await offsets(false)).at(-1)).toBe(0);
  expect((await offsets(true))[0]).toBe(0);
});

test('an interrupted run on a device that held an image leaves nothing that looks like an image', async () => {
  const made = makeDisk(12, ['text', 'noise'], 0);
  const output = new MemoryOutput(false);
  await plain(2)(made, memoryInput(made.bytes), output);
  const broken = {
    size: made.bytes.length,
    readAt() {
      throw new Error('bad sector');
    },
  };
  for (const write of [plain(2), compressed('zlib')]) {
    const device = new MemoryOutput(false);
    device.bytes = output.bytes.slice();
    await expect(write(made, broken, device)).rejects.toThrow('bad sector');
    expect(device.bytes.subarray(0, 4)).toEqual(new Uint8Array(4));
  }
});

test('the kernel copies long runs, and the writer the rest', async () => {
  const made = makeDisk(
    12,
    Array.from({ length: 200 }, (_, i) => (i % 100 === 50 ? 'unmapped' : 'noise')),
    300,
  );
  const plan = planImage({ virtualSize: made.bytes.length, clusterBits: 12, version: 2, runs: made.runs });
  const output = new MemoryOutput(true);
  const asked: number[] = [];
  const transferFrom = (_: number, from: number, offset: number, length: number) => {
    asked.push(length);
    const taken = Math.min(length, 300_001);
    output.writeAt(made.bytes.subarray(from - 1000, from - 1000 + taken), offset);
    return taken;
  };
  const input = { ...memoryInput(made.bytes), file: { fd: 9, base: 1000 } };
  await writePlain(input, { isSequential: true, writeAt: (b, o) => output.writeAt(b, o), transferFrom }, { plan });
  expect(asked).toEqual([99 * 4096]);
  const { guest, faults } = secondOpinion(output.bytes);
  expect(faults).toEqual([]);
  expect(Buffer.compare(guest.subarray(0, made.bytes.length), made.bytes)).toBe(0);
});
