import { Buffer } from 'node:buffer';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { loadCodec } from '../codec/codec.ts';
import { MemorySpool } from '../io/spool.ts';
import { makeDisk } from '../testing/made-disk.test.kit.ts';
import { MemoryOutput, memoryInput } from '../testing/memory-output.test.kit.ts';
import { secondOpinion } from '../testing/second-opinion.test.kit.ts';
import { planImage } from '../write/image-plan.ts';
import { writePlain } from '../write/plain-writer.ts';
import { compressedChunks, guestPieces, plainChunks } from './chunks.ts';
import { compressedStream, compressor, plainStream } from './node-streams.ts';

const made = makeDisk(
  12,
  Array.from({ length: 300 }, (_, i) => (['noise', 'text', 'unmapped'] as const)[i % 3] ?? 'text'),
  300,
);
const input = memoryInput(made.bytes);
const plan = planImage({ virtualSize: made.bytes.length, clusterBits: 12, version: 2, runs: made.runs });
const compression = async () => ({
  virtualSize: made.bytes.length,
  clusterBits: 12,
  version: 2 as const,
  runs: made.runs,
  codec: await loadCodec('zlib'),
});

/** The disk in pieces; a Readable reads ahead, so each is an array of its own. */
function* pieces() {
  for (let at = 0; at < made.bytes.length; at += 5000) yield made.bytes.slice(at, at + 5000);
}

/** Everything that comes, and checks that it is the disk. */
async function expectImage(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  const image = Buffer.concat(parts);
  const { guest, faults } = secondOpinion(image);
  expect(faults).toEqual([]);
  expect(Buffer.compare(guest.subarray(0, made.bytes.length), made.bytes)).toBe(0);
  return image;
}

test('chunks of a plain image are what a pipe gets, and the iteration returns the summary', async () => {
  const output = new MemoryOutput(true);
  const summary = await writePlain(input, output, { plan });
  expect(Buffer.compare(await expectImage(plainChunks(input, { plan })), output.bytes)).toBe(0);
  const iteration = plainChunks(input, { plan });
  let last = await iteration.next();
  while (last.done !== true) last = await iteration.next();
  expect(last.value).toEqual(summary);
});

test('chunks, a stream, and a stream that compresses what is piped in give the same image', async () => {
  const options = await compression();
  const image = await expectImage(compressedChunks(input, new MemorySpool(), options));
  expect(Buffer.compare(await expectImage(compressedStream(input, new MemorySpool(), options)), image)).toBe(0);
  const through = new PassThrough();
  const [piped] = await Promise.all([
    expectImage(through),
    pipeline(Readable.from(pieces()), compressor(new MemorySpool(), options), through),
  ]);
  // Its map has data where the others have none; zeros are left out in any case.
  expect(Buffer.compare(piped, image)).toBe(0);
});

test('pieces of an image come with their guest offsets', async () => {
  const guest = new Uint8Array(plan.virtualSize);
  for await (const { offset, bytes } of guestPieces(plainStream(input, { plan }))) guest.set(bytes, offset);
  expect(Buffer.compare(guest.subarray(0, made.bytes.length), made.bytes)).toBe(0);
});

test('nothing is read before something is asked for, and no more than asked for', async () => {
  let reads = 0;
  const counting = {
    size: input.size,
    readAt(into: Uint8Array, offset: number) {
      reads++;
      return input.readAt(into, offset);
    },
  };
  const iteration = plainChunks(counting, { plan });
  await setTimeout(10);
  expect(reads).toBe(0);
  await iteration.next();
  await setTimeout(10);
  const early = reads;
  expect(early).toBeLessThan(plan.runs.runCount);
  await iteration.return({ bytes: 0, plainClusters: 0, compressedClusters: 0, droppedClusters: 0, freeClusters: 0 });
  await setTimeout(10);
  expect(reads).toBe(early);
});

test('leaving an iteration early stops the writer, and closes what a reader reads from', async () => {
  let isClosed = false;
  async function* image() {
    try {
      yield* plainChunks(input, { plan });
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of guestPieces(image())) break;
  expect(isClosed).toBe(true);
});

test('an error of the source is the error of the iteration and of the stream', async () => {
  const failing = {
    size: input.size,
    readAt() {
      throw new Error('bad sector');
    },
  };
  await expect(expectImage(plainChunks(failing, { plan }))).rejects.toThrow('bad sector');
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  await expect(pipeline(plainStream(failing, { plan }), sink)).rejects.toThrow('bad sector');
});

test('the signal of the caller ends it with its reason', async () => {
  const abort = new AbortController();
  const iteration = plainChunks(input, { plan, signal: abort.signal });
  await iteration.next();
  abort.abort(new Error('enough'));
  await expect(
    (async () => {
      for await (const _ of iteration);
    })(),
  ).rejects.toThrow('enough');
});
