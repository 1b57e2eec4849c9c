import { setImmediate } from 'node:timers/promises';
import { BATCH } from './batches.ts';
import type { Sink, Source } from './types.ts';

/** A run of bytes `[offset, offset + length)` to copy; `length` is greater than zero. */
export interface ByteRun {
  readonly offset: number;
  readonly length: number;
}

/** How to copy. What a source or sink shall do besides (errors, zeros, comparing) is put around it, not told here. */
export interface CopyOptions {
  /** What to copy: ascending and disjoint. Default: the whole source. */
  readonly runs?: Iterable<ByteRun>;
  /** Where byte 0 of the source goes in the sink. Default 0. */
  readonly sinkOffset?: number;
  /** Called between batches with the bytes of `runs` that are done, and at the end. */
  readonly onProgress?: (done: number) => void;
  /** Stops between batches; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What was copied, in bytes. */
export interface CopyResult {
  /** Read and written. */
  readonly data: number;
  /** Holes of the source, made zero in the sink without reading. */
  readonly holes: number;
}

/** Bytes of one read and write where the sink does not say better: larger units leave the processor's cache and cost more, smaller ones more calls. */
export const IO_UNIT = 1 << 18;
/** Bytes of a hole handed on at once, so that a sink that writes its zeros gives up the stack in between. */
const HOLE_UNIT = 1 << 26;

/**
 * Copy runs of bytes from a source to a sink, in order. Neither is finished or closed.
 *
 * Holes of the source (`extentAt`) are not read but given to `sink.zero`; what is between runs is `skip`ped where the
 * sink is sequential and else not mentioned. Bytes go inside the kernel where the source has a `file` and the sink
 * `transferFrom`. The work is synchronous for some 40 ms at a time.
 *
 * @throws what the source or sink throws; the sink is then for the caller to abort
 */
export async function copyRuns(source: Source, sink: Sink, options: CopyOptions = {}): Promise<CopyResult> {
  const { runs = wholeOf(source), sinkOffset = 0, onProgress, signal } = options;
  const mover = new Mover(source, sink, sinkOffset);
  let batchEnd = performance.now() + BATCH;
  for (const run of runs) {
    for (const _ of mover.steps(run)) {
      if (performance.now() < batchEnd) continue;
      onProgress?.(mover.data + mover.holes);
      await setImmediate();
      signal?.throwIfAborted();
      batchEnd = performance.now() + BATCH;
    }
  }
  signal?.throwIfAborted();
  onProgress?.(mover.data + mover.holes);
  return { data: mover.data, holes: mover.holes };
}

function wholeOf(source: Source): ByteRun[] {
  return source.size > 0 ? [{ offset: 0, length: source.size }] : [];
}

/** Moves runs in steps of one I/O unit; the caller decides between steps whether to rest. */
class Mover {
  data = 0;
  holes = 0;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #shift: number;
  readonly #buffer: Uint8Array;
  #end = 0;

  constructor(source: Source, sink: Sink, shift: number) {
    this.#source = source;
    this.#sink = sink;
    this.#shift = shift;
    this.#buffer = sink.buffer?.() ?? new Uint8Array(IO_UNIT);
  }

  *steps({ offset, length }: ByteRun): Generator<void> {
    if (this.#sink.sequential) yield* this.#gap(offset);
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const extent = this.#source.extentAt?.(at);
      const to = extent === undefined ? end : Math.min(end, at + extent.length);
      yield* extent?.kind === 'hole' ? this.#hole(at, to) : this.#dataRun(at, to);
      at = to;
    }
    this.#end = end;
  }

  *#gap(to: number): Generator<void> {
    for (let at = this.#end; at < to; at += HOLE_UNIT) {
      this.#sink.skip(at + this.#shift, Math.min(HOLE_UNIT, to - at));
      yield;
    }
  }

  *#hole(from: number, to: number): Generator<void> {
    for (let at = from; at < to; at += HOLE_UNIT) {
      this.#sink.zero(at + this.#shift, Math.min(HOLE_UNIT, to - at));
      yield;
    }
    this.holes += to - from;
  }

  *#dataRun(from: number, to: number): Generator<void> {
    let isKernelWilling = this.#sink.transferFrom !== undefined && this.#source.file !== undefined;
    for (let at = from; at < to; ) {
      const length = Math.min(this.#buffer.length, to - at);
      const moved = isKernelWilling ? this.#transfer(at, length) : 0;
      isKernelWilling &&= moved === length;
      if (moved < length) {
        // The next read is fetched while this one is written: two disks work at the same time.
        if (at + length < to) this.#announce(at + length, Math.min(length, to - at - length));
        this.#byHand(at + moved, length - moved);
      }
      at += length;
      this.data += length;
      yield;
    }
  }

  #transfer(at: number, length: number): number {
    const { file, size } = this.#source;
    // A window ends before its file does: what is beyond is for readAt to refuse.
    if (file === undefined || at + length > size) return 0;
    return this.#sink.transferFrom?.(file.fd, file.base + at, at + this.#shift, length) ?? 0;
  }

  #announce(at: number, length: number): void {
    const { file } = this.#source;
    file?.willNeed?.(file.base + at, length);
  }

  #byHand(at: number, length: number): void {
    const bytes = length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, length);
    this.#source.readAt(bytes, at);
    this.#sink.writeAt(bytes, at + this.#shift);
  }
}
