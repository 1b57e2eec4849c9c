import fc from 'fast-check';
import type { ClusterRun } from '../base/cluster-runs.ts';
import { type Codec, loadCodec } from '../codec/codec.ts';
import { decodeHeader } from '../format/header.ts';
import type { Input } from '../io/input.ts';
import { type Content, makeDisk } from '../testing/made-disk.test.kit.ts';
import { MemoryOutput, memoryInput } from '../testing/memory-output.test.kit.ts';
import { secondOpinion } from '../testing/second-opinion.test.kit.ts';
import { sampleRatio, writeBudgeted } from './budget-writer.ts';

const BITS = 12;
const CLUSTER = 2 ** BITS;

/** A disk of ten clusters, all mapped, of one content. */
const tenOf = (content: Content) =>
  makeDisk(
    BITS,
    Array.from({ length: 10 }, () => content),
    0,
  );

const codec = (): Promise<Codec> => loadCodec('zlib');

/** Records where it is written. */
class RecordingOutput extends MemoryOutput {
  readonly written: { readonly offset: number; readonly length: number }[] = [];

  override writeAt(bytes: Uint8Array, offset: number): void {
    this.written.push({ offset, length: bytes.length });
    super.writeAt(bytes, offset);
  }
}

async function write(content: Content, budget: number, output = new RecordingOutput(true)) {
  const made = tenOf(content);
  const options = { virtualSize: made.bytes.length, clusterBits: BITS, version: 2 as const, runs: made.runs, budget };
  const summary = await writeBudgeted(memoryInput(made.bytes), output, { ...options, codec: await codec() });
  expect(secondOpinion(output.bytes).faults).toEqual([]);
  return { output, summary, l1Offset: decodeHeader(output.bytes).l1Offset };
}

test.each([
  [0, 1],
  [0.09, 1],
  [0.1, 2],
  [0.99, 10],
  [1, 11],
])('with a budget of %d the tables of ten clusters are at cluster %i', async (budget, cluster) => {
  expect((await write('noise', budget)).l1Offset).toBe(cluster * CLUSTER);
});

test.each([-Number.MIN_VALUE, 1 + Number.EPSILON])('a budget of %d is refused', async (budget) => {
  await expect(write('text', budget)).rejects.toThrow(RangeError);
});

test('what cannot be compressed fills the budget to its end, and the rest follows the tables', async () => {
  const { summary } = await write('noise', 0.5);
  expect(summary).toMatchObject({ plainClusters: 10, compressedClusters: 0, freeClusters: 0 });
});

test('space that is too small for the next cluster stays unused', async () => {
  // The first text leaves a part of its cluster, which the noise after it cannot use.
  const made = makeDisk(BITS, ['text', 'noise', 'noise', 'noise'], 0);
  const output = new RecordingOutput(true);
  const options = { virtualSize: made.bytes.length, clusterBits: BITS, version: 2 as const, runs: made.runs };
  const summary = await writeBudgeted(memoryInput(made.bytes), output, {
    ...options,
    budget: 0.25,
    codec: await codec(),
  });
  expect(summary).toMatchObject({ plainClusters: 3, compressedClusters: 1, freeClusters: 0 });
  expect(secondOpinion(output.bytes).faults).toEqual([]);
});

describe('when all clusters fit', () => {
  test('zeros fill a pipe up to the tables', async () => {
    const { output, summary, l1Offset } = await write('text', 1);
    expect(summary.freeClusters).toBe(9);
    expect(output.bytes.subarray(2 * CLUSTER, l1Offset)).toEqual(new Uint8Array(9 * CLUSTER));
    const total = output.written.reduce((sum, { length }) => sum + length, 0);
    expect(total).toBe(summary.bytes);
  });

  test('nothing is written there in an output that can seek', async () => {
    const { output, l1Offset } = await write('text', 1, new RecordingOutput(false));
    const inside = output.written.filter(({ offset, length }) => offset < l1Offset && offset + length > 2 * CLUSTER);
    expect(inside).toEqual([]);
  });
});

test('clusters of zeros that fit are left out, and are stored after the first one that did not fit', async () => {
  const contents: Content[] = ['zeros', 'text', 'zeros', 'noise', 'noise', 'zeros'];
  const made = makeDisk(BITS, contents, 0);
  const output = new RecordingOutput(true);
  const options = { virtualSize: made.bytes.length, clusterBits: BITS, version: 2 as const, runs: made.runs };
  const summary = await writeBudgeted(memoryInput(made.bytes), output, {
    ...options,
    budget: 0.4,
    codec: await codec(),
  });
  expect(summary).toMatchObject({ compressedClusters: 1, plainClusters: 3, droppedClusters: 2 });
});

test('the refcount table keeps the size that the header announced, though less is needed', async () => {
  // A table of one cluster of 512 bytes is for 64 blocks of 256 clusters: one more needs two.
  const count = 64 * 256 + 1;
  const output = new MemoryOutput(true);
  const summary = await writeBudgeted({ size: count * 512, readAt: (into) => void into.fill(0) }, output, {
    virtualSize: count * 512,
    clusterBits: 9,
    version: 2,
    runs: [{ start: 0, count }],
    codec: await codec(),
    budget: 0,
  });
  const { refcountTableOffset, refcountTableClusters } = decodeHeader(output.bytes);
  expect(refcountTableClusters).toBeGreaterThan(1);
  expect(refcountTableOffset + refcountTableClusters * 512).toBeLessThanOrEqual(output.bytes.length);
  expect(secondOpinion(output.bytes).faults).toEqual([]);
  expect(summary).toMatchObject({ droppedClusters: count, plainClusters: 0, bytes: output.bytes.length });
});

test('tables that QEMU would refuse are noticed before anything is read or written', async () => {
  const output = new MemoryOutput(true);
  let reads = 0;
  const writing = writeBudgeted({ size: 2 ** 50, readAt: () => void reads++ }, output, {
    virtualSize: 2 ** 50,
    clusterBits: 9,
    version: 2,
    runs: [{ start: 0, count: 1 }],
    codec: await codec(),
    budget: 0.5,
  });
  await expect(writing).rejects.toMatchObject({ code: 'QCOW2_TOO_LARGE' });
  expect(reads).toBe(0);
  expect(output.writes).toBe(0);
});

test('an aborted signal stops it with the reason of the signal', async () => {
  const made = tenOf('text');
  const options = { virtualSize: made.bytes.length, clusterBits: BITS, version: 2 as const, runs: made.runs };
  const reason = new Error('stopped');
  const writing = writeBudgeted(memoryInput(made.bytes), new MemoryOutput(true), {
    ...options,
    codec: await codec(),
    budget: 1,
    signal: AbortSignal.abort(reason),
  });
  await expect(writing).rejects.toBe(reason);
});

describe('a sample', () => {
  /** Compresses each cluster to `length` bytes. */
  const codecTo = async (length: number): Promise<Codec> => ({
    ...(await codec()),
    compressSync: () => new Uint8Array(length),
  });

  /** Sample a disk that records which clusters are read. */
  async function sample(runs: readonly ClusterRun[], length: number) {
    const read: number[] = [];
    const input: Input = { size: 2 ** 40, readAt: (_, offset) => void read.push(offset / CLUSTER) };
    const options = { virtualSize: 2 ** 40, clusterBits: BITS, version: 2 as const, runs };
    return { ratio: await sampleRatio(input, { ...options, codec: await codecTo(length) }), read };
  }

  test('is the share that the clusters compress to, and a tenth more, but never above 1', async () => {
    const runs = [{ start: 0, count: 5 }];
    expect((await sample(runs, CLUSTER / 2)).ratio).toBeCloseTo(0.55, 10);
    expect((await sample(runs, Math.floor(CLUSTER / 1.1))).ratio).toBeLessThan(1);
    expect((await sample(runs, Math.ceil(CLUSTER / 1.1))).ratio).toBe(1);
    expect((await sample(runs, 3 * CLUSTER)).ratio).toBe(1);
  });

  test('counts a cluster that grows as one that does not compress', async () => {
    const sizes = [0, 3 * CLUSTER];
    const growing: Codec = { ...(await codec()), compressSync: () => new Uint8Array(sizes.shift() ?? 0) };
    const runs = [{ start: 0, count: 2 }];
    const options = { virtualSize: 2 * CLUSTER, clusterBits: BITS, version: 2 as const, runs, codec: growing };
    expect(await sampleRatio(memoryInput(new Uint8Array(2 * CLUSTER)), options)).toBeCloseTo(0.55, 10);
  });

  test('of a disk without clusters is 0', async () => {
    expect(await sample([], 1)).toEqual({ ratio: 0, read: [] });
  });

  test.each([1, 31, 32])('reads each of %i clusters once', async (count) => {
    const { read } = await sample([{ start: 7, count }], 1);
    expect(read).toEqual(Array.from({ length: count }, (_, index) => 7 + index));
  });

  test('reads 32 clusters of a larger disk, its first one and none twice', async () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(runs, async (shape) => {
        let end = 0;
        const made = shape.map(([gap, count]) => {
          const start = end + gap;
          end = start + count;
          return { start, count };
        });
        const { read } = await sample(made, 1);
        const mapped = new Set(made.flatMap(({ start, count }) => Array.from({ length: count }, (_, i) => start + i)));
        expect(read[0]).toBe(made[0]?.start);
        expect(new Set(read).size).toBe(read.length);
        expect(read.every((cluster) => mapped.has(cluster))).toBe(true);
        // The step is not a whole number: rounding may add one.
        expect(read.length).toBeGreaterThanOrEqual(Math.min(32, mapped.size));
        expect(read.length).toBeLessThanOrEqual(Math.min(33, mapped.size));
      }),
    );
  });
});
