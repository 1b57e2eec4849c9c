import { pipeline } from 'node:stream/promises';
import type { Source } from './base/source.ts';
import { IO_UNIT } from './copy/copy-runs.ts';
import { BATCH } from './copy/in-batches.ts';
import { piecesOf, readableOf, writableTo } from './streams.ts';
import { manualClock } from './testing/manual-clock.ts';
import { sameBytes } from './testing/same-bytes.ts';
import { faultySink, MemorySink, memorySource } from './testing.ts';

/** 300 KiB of data, a hole of 300 KiB, 1 byte of data. */
function holey(): { source: Source; bytes: Uint8Array; reads: () => number } {
  const part = 300 * 1024;
  const bytes = new Uint8Array(2 * part + 1).fill(7);
  bytes.fill(0, part, 2 * part);
  let reads = 0;
  const source: Source = {
    size: bytes.length,
    readAt(into, offset) {
      reads++;
      memorySource(bytes).readAt(into, offset);
    },
    extentAt(offset) {
      if (offset < part) return { kind: 'data', offset, length: part - offset };
      return offset < 2 * part
        ? { kind: 'hole', offset, length: 2 * part - offset }
        : { kind: 'data', offset, length: 1 };
    },
  };
  return { source, bytes, reads: () => reads };
}

describe('piecesOf', () => {
  test('covers the source without gaps; a hole is one piece', async () => {
    const pieces: string[] = [];
    for await (const piece of piecesOf(holey().source)) {
      pieces.push(`${piece.kind} ${piece.offset} ${piece.kind === 'data' ? piece.bytes.length : piece.length}`);
    }
    expect(pieces).toEqual(['data 0 262144', 'data 262144 45056', 'hole 307200 307200', 'data 614400 1']);
  });

  test('reads nothing before the first piece is requested', async () => {
    const { source, reads } = holey();
    const pieces = piecesOf(source);
    expect(reads()).toBe(0);
    await pieces.next();
    expect(reads()).toBe(1);
    await pieces.return(undefined);
  });

  test('yields to the event loop after each batch of reads', async () => {
    using clock = manualClock();
    const source: Source = {
      size: 4 * IO_UNIT,
      readAt() {
        clock.now += BATCH / 2;
      },
    };
    const log: string[] = [];
    let isOver = false;
    const note = (): void => {
      if (isOver) return;
      log.push('event');
      setImmediate(note);
    };
    setImmediate(note);
    for await (const piece of piecesOf(source)) log.push(`${piece.offset / IO_UNIT}`);
    isOver = true;
    expect(log).toEqual(['0', '1', 'event', '2', '3', 'event']);
  });

  test('a hole that the source reports past its end is cut', async () => {
    const source: Source = {
      size: 10,
      readAt: () => undefined,
      extentAt: (offset) => ({ kind: 'hole', offset, length: 99 }),
    };
    const pieces: unknown[] = [];
    for await (const piece of piecesOf(source)) pieces.push(piece);
    expect(pieces).toEqual([{ kind: 'hole', offset: 0, length: 10 }]);
  });

  test('stops when its signal is aborted', async () => {
    const pieces = piecesOf(holey().source, { signal: AbortSignal.abort(new Error('stop')) });
    await expect(pieces.next()).rejects.toThrow('stop');
  });
});

describe('readableOf and writableTo', () => {
  test('joined by a pipeline they copy, and finish the sink', async () => {
    const { source, bytes } = holey();
    const sink = new MemorySink({ isSequential: true });
    await pipeline(readableOf(source), writableTo(sink));
    expect(sameBytes(sink.bytes, bytes)).toBe(true);
    expect(sink.state).toBe('finished');
  });

  test('a slow reader holds the source back', async () => {
    const { source, reads } = holey();
    const readable = readableOf({
      ...source,
      size: 100 * IO_UNIT,
      readAt: (into, at) => source.readAt(into.subarray(0, 1), at % 1000),
      extentAt: (offset) => ({ kind: 'data', offset, length: 1e9 }),
    });
    readable.read(0);
    await new Promise((done) => setTimeout(done, 20));
    expect(reads()).toBeLessThan(4);
    readable.destroy();
  });

  test('a source that fails aborts the sink', async () => {
    const source: Source = {
      size: 10,
      readAt: () => {
        throw Object.assign(new Error('bad'), { code: 'EIO' });
      },
    };
    const sink = new MemorySink();
    await expect(pipeline(readableOf(source), writableTo(sink))).rejects.toMatchObject({ code: 'EIO' });
    expect(sink.state).toBe('aborted');
  });

  test.each([{ room: 5 }, { finish: 'EIO' }])(
    'a sink that fails (%p) is aborted and the error arrives',
    async (faults) => {
      const sink = new MemorySink();
      await expect(
        pipeline(readableOf(memorySource(new Uint8Array(10))), writableTo(faultySink(sink, faults))),
      ).rejects.toMatchObject({ code: faults.finish ?? 'ENOSPC' });
      expect(sink.state).toBe('aborted');
    },
  );

  test('an abort in the middle aborts the sink', async () => {
    const stop = new AbortController();
    const sink = new MemorySink();
    const endless: Source = { size: 1e15, readAt: () => setImmediate(() => stop.abort()) };
    await expect(pipeline(readableOf(endless), writableTo(sink), { signal: stop.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(sink.state).toBe('aborted');
  });
});
