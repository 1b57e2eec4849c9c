import fc from 'fast-check';
import type { ByteRange, Extent } from '../base/byte-range.ts';
import type { Sink } from '../base/sink.ts';
import type { Source } from '../base/source.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { MemorySink, memorySource, type SinkCall } from '../testing.ts';
import { copyRuns, IO_UNIT } from './copy-runs.ts';
import { BATCH } from './in-batches.ts';

/** A source of `lengths`, alternately data and hole; its data is never zero, and neighbouring bytes differ. */
function patchy(lengths: readonly number[]): { source: Source; bytes: Uint8Array; reads: ByteRange[] } {
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const bytes = Uint8Array.from({ length: size }, (_, at) => (at % 255) + 1);
  const extents: Extent[] = [];
  let offset = 0;
  lengths.forEach((length, at) => {
    const kind = at % 2 === 0 ? 'data' : 'hole';
    if (kind === 'hole') bytes.fill(0, offset, offset + length);
    if (length > 0) extents.push({ kind, offset, length });
    offset += length;
  });
  const reads: ByteRange[] = [];
  const source: Source = {
    size,
    readAt(into, at) {
      reads.push({ offset: at, length: into.length });
      memorySource(bytes).readAt(into, at);
    },
    extentAt(at) {
      const found = extents.find((extent) => at < extent.offset + extent.length);
      return { kind: found?.kind ?? 'data', offset: at, length: found ? found.offset + found.length - at : 1 };
    },
  };
  return { source, bytes, reads };
}

/** Cut points -> ascending, disjoint runs. */
const runsFrom = (cuts: readonly number[], size: number): ByteRange[] => {
  const points = [...new Set(cuts.map((cut) => cut % (size + 1)))].sort((a, b) => a - b);
  return points.flatMap((offset, at) =>
    at % 2 === 0 && points[at + 1] !== undefined ? [{ offset, length: (points[at + 1] ?? 0) - offset }] : [],
  );
};

const lengths = fc.array(fc.nat(30), { minLength: 1, maxLength: 8 });
const cuts = fc.array(fc.nat(300), { maxLength: 8 });

describe('copyRuns', () => {
  test('copies the runs and nothing else, and reads no hole', async () => {
    await fc.assert(
      fc.asyncProperty(lengths, cuts, fc.boolean(), fc.nat(10), async (parts, points, isSequential, sinkOffset) => {
        const { source, bytes, reads } = patchy(parts);
        const runs = runsFrom(points, source.size);
        const old = new Uint8Array(isSequential ? 0 : 400).fill(77);
        const sink = new MemorySink({ isSequential, old });
        const { data, holes } = await copyRuns(source, sink, { runs, sinkOffset });
        const expected = isSequential ? new Uint8Array(sink.bytes.length) : old.slice();
        for (const { offset, length } of runs)
          expected.set(bytes.subarray(offset, offset + length), offset + sinkOffset);
        expect(sink.bytes).toEqual(expected);
        expect(data + holes).toBe(runs.reduce((sum, { length }) => sum + length, 0));
        expect(reads.reduce((sum, { length }) => sum + length, 0)).toBe(data);
        expectAscending(sink.calls);
      }),
    );
  });

  test('a sequential sink gets the gaps, in steps between which a copy can yield', async () => {
    const far = 200 * 2 ** 20;
    const calls: SinkCall[] = [];
    const note = (kind: SinkCall['kind']) => (offset: number, length: number) =>
      void calls.push({ kind, offset, length });
    const sink: Sink = {
      isSequential: true,
      writeAt: (bytes, offset) => note('write')(offset, bytes.length),
      zero: note('zero'),
      skip: note('skip'),
      finish: async () => undefined,
      abort: () => undefined,
    };
    const source: Source = { size: far + 1, readAt: () => undefined };
    await copyRuns(source, sink, { runs: [{ offset: far, length: 1 }] });
    const steps = calls.filter(({ kind }) => kind === 'skip').map(({ length }) => length);
    expect([steps.reduce((sum, length) => sum + length, 0), Math.max(...steps)]).toEqual([far, 2 ** 26]);
    expect(calls.at(-1)).toEqual({ kind: 'write', offset: far, length: 1 });
    expectAscending(calls);
  });

  test('the default is the whole source', async () => {
    const { source, bytes } = patchy([5, 7, 9]);
    const sink = new MemorySink();
    expect(await copyRuns(source, sink)).toEqual({ data: 14, holes: 7 });
    expect(sink.bytes).toEqual(bytes);
    expect(await copyRuns(memorySource(new Uint8Array(0)), sink)).toEqual({ data: 0, holes: 0 });
  });

  test('a hole of 15 TiB costs at most 250,000 steps, and no read', async () => {
    const size = 15 * 2 ** 40;
    const source: Source = {
      size,
      readAt: () => {
        throw new Error('read');
      },
      extentAt: (offset) => ({ kind: 'hole', offset, length: size - offset }),
    };
    let calls = 0;
    const sink: Sink = {
      ...new MemorySink(),
      isSequential: false,
      writeAt: () => undefined,
      zero: () => void calls++,
      skip: () => undefined,
      finish: async () => undefined,
      abort: () => undefined,
    };
    expect(await copyRuns(source, sink)).toEqual({ data: 0, holes: size });
    expect(calls).toBeLessThanOrEqual(250_000);
  });

  test('reads whole units and reuses one buffer', async () => {
    const buffers = new Set<ArrayBufferLike>();
    const source: Source = { size: 3 * IO_UNIT + 1, readAt: (into) => void buffers.add(into.buffer) };
    const sink = new MemorySink();
    await copyRuns(source, sink);
    expect(sink.calls.map(({ length }) => length)).toEqual([IO_UNIT, IO_UNIT, IO_UNIT, 1]);
    expect(buffers.size).toBe(1);
  });

  test('yields to the event loop after each batch, reports progress, and can be stopped there', async () => {
    using clock = manualClock();
    const slow: Source = {
      size: 100 * IO_UNIT,
      readAt() {
        clock.now += BATCH / 4;
      },
    };
    const stop = new AbortController();
    const progress: number[] = [];
    setImmediate(() => setImmediate(() => stop.abort(new Error('stopped'))));
    const copying = copyRuns(slow, new MemorySink(), {
      signal: stop.signal,
      onProgress: (done) => progress.push(done),
    });
    await expect(copying).rejects.toThrow('stopped');
    expect(progress).toEqual([4 * IO_UNIT, 8 * IO_UNIT]);
  });

  test('reports progress, holes included, at the end of a copy shorter than a batch, and stops there, too', async () => {
    using _clock = manualClock();
    const { source } = patchy([5, 7, 9]);
    const progress: number[] = [];
    await copyRuns(source, new MemorySink(), { onProgress: (done) => progress.push(done) });
    expect(progress).toEqual([21]);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(copyRuns(source, new MemorySink(), { signal })).rejects.toThrow('stopped');
  });

  test('a hole and a gap are passed in units of 64 MiB, so that a sink that writes zeros can be interrupted', async () => {
    const unit = 2 ** 26;
    const source: Source = {
      size: 5 * unit,
      readAt: () => undefined,
      extentAt: (offset) => ({ kind: 'hole', offset, length: 5 * unit - offset }),
    };
    const calls: string[] = [];
    const sink: Sink = {
      isSequential: true,
      writeAt: () => undefined,
      zero: (offset, length) => void calls.push(`zero ${offset / unit} ${length / unit}`),
      skip: (offset, length) => void calls.push(`skip ${offset / unit} ${length / unit}`),
      finish: async () => undefined,
      abort: () => undefined,
    };
    const runs = [
      { offset: 1.5 * unit, length: 1.25 * unit },
      { offset: 3 * unit, length: unit },
    ];
    expect(await copyRuns(source, sink, { runs, sinkOffset: unit })).toEqual({ data: 0, holes: 2.25 * unit });
    expect(calls).toEqual(['skip 1 1', 'skip 2 0.5', 'zero 2.5 1', 'zero 3.5 0.25', 'skip 3.75 0.25', 'zero 4 1']);
  });

  test('copies inside the kernel where both sides can, and reads and writes the rest', async () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, at) => at);
    const moved: number[][] = [];
    const inner = new MemorySink();
    const sink: Sink = Object.assign(inner, {
      transferFrom(fd: number, from: number, offset: number, length: number) {
        moved.push([fd, from, offset, length]);
        inner.writeAt(bytes.subarray(from - 1000, from - 1000 + 30), offset);
        return 30;
      },
    });
    await copyRuns({ ...memorySource(bytes), file: { fd: 5, base: 1000 } }, sink);
    expect(moved).toEqual([[5, 1000, 0, 100]]);
    expect(inner.bytes).toEqual(bytes);
  });

  test('copies all inside the kernel where that works, at the offset of the sink, and reads nothing', async () => {
    const moved: number[][] = [];
    const sink: Sink = Object.assign(new MemorySink(), {
      transferFrom(...range: [number, number, number, number]) {
        moved.push(range);
        return range[3];
      },
    });
    const reads: number[] = [];
    const source = { size: IO_UNIT + 9, readAt: (into: Uint8Array) => void reads.push(into.length) };
    const announced: number[] = [];
    const file = { fd: 5, base: 1000, willNeed: (offset: number) => announced.push(offset) };
    expect(await copyRuns({ ...source, file }, sink, { sinkOffset: 7 })).toEqual({ data: IO_UNIT + 9, holes: 0 });
    expect([moved, reads, announced]).toEqual([
      [
        [5, 1000, 7, IO_UNIT],
        [5, 1000 + IO_UNIT, IO_UNIT + 7, 9],
      ],
      [],
      [],
    ]);
  });

  test('tries the kernel again in the next extent after a short transfer', async () => {
    const moved: number[][] = [];
    const sink: Sink = Object.assign(new MemorySink(), {
      transferFrom(...range: [number, number, number, number]) {
        moved.push(range);
        return 0;
      },
    });
    const { source } = patchy([3 * IO_UNIT, 5, 10]);
    await copyRuns({ ...source, file: { fd: 5, base: 0 } }, sink);
    expect(moved).toEqual([
      [5, 0, 0, IO_UNIT],
      [5, 3 * IO_UNIT + 5, 3 * IO_UNIT + 5, 10],
    ]);
  });

  test('a run past the end of the source is refused by the source, not copied by the kernel', async () => {
    const sink = Object.assign(new MemorySink(), {
      transferFrom: () => {
        throw new Error('moved');
      },
    });
    const source = { ...memorySource(new Uint8Array(10)), file: { fd: 5, base: 0 } };
    await expect(copyRuns(source, sink, { runs: [{ offset: 0, length: 11 }] })).rejects.toMatchObject({
      code: 'SPARSE_SHORT_READ',
    });
  });
});

function expectAscending(calls: readonly SinkCall[]): void {
  let end = 0;
  for (const { offset, length } of calls) {
    expect(offset).toBeGreaterThanOrEqual(end);
    end = offset + length;
  }
}

describe('reading ahead', () => {
  test('announces the next unit of the run before it writes a unit, and nothing outside the run', async () => {
    const bytes = new Uint8Array(3 * IO_UNIT + 10);
    const announced: [number, number][] = [];
    const file = { fd: -1, base: 1000, willNeed: (offset: number, length: number) => announced.push([offset, length]) };
    const runs = [
      { offset: 0, length: 2 * IO_UNIT + 5 },
      { offset: 3 * IO_UNIT, length: 10 },
    ];
    await copyRuns({ ...memorySource(bytes), file }, new MemorySink(), { runs });
    expect(announced).toEqual([
      [1000 + IO_UNIT, IO_UNIT],
      [1000 + 2 * IO_UNIT, 5],
    ]);
  });

  test('uses the memory and the length of the buffer of the sink', async () => {
    const sink = new MemorySink();
    const given = new Uint8Array(100);
    const lengths: number[] = [];
    const writeAt = (bytes: Uint8Array, offset: number): void => {
      expect(bytes.buffer).toBe(given.buffer);
      lengths.push(bytes.length);
      sink.writeAt(bytes, offset);
    };
    const taking = { isSequential: false, zero: () => {}, skip: () => {}, finish: async () => {}, abort: () => {} };
    await copyRuns(memorySource(new Uint8Array(250).fill(7)), { ...taking, writeAt, buffer: () => given });
    expect(lengths).toEqual([100, 100, 50]);
    expect(sink.bytes).toEqual(new Uint8Array(250).fill(7));
  });
});
