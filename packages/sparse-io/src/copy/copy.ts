import { setImmediate } from 'node:timers/promises';
import type { Sink, Source } from '../base/types.ts';
import { BATCH } from './batches.ts';

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
    mover.begin(run);
    while (mover.step()) {
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

/**
 * Moves runs in steps of one I/O unit; the caller decides between steps whether to rest. No generator: there may be
 * millions of runs of one block, and a few objects for each are more than the copy itself.
 */
class Mover {
  data = 0;
  holes = 0;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #shift: number;
  readonly #buffer: Uint8Array;
  /** How far it is; before the run, in a gap that a sequential sink must be told of. */
  #at = 0;
  #start = 0;
  #end = 0;
  /** The extent of the source that it is in: where it ends, and whether it is a hole. */
  #extentEnd = 0;
  #isHole = false;
  #isKernelWilling = false;

  constructor(source: Source, sink: Sink, shift: number) {
    this.#source = source;
    this.#sink = sink;
    this.#shift = shift;
    this.#buffer = sink.buffer?.() ?? new Uint8Array(IO_UNIT);
  }

  /** The next run; the one before is done. */
  begin({ offset, length }: ByteRun): void {
    if (!this.#sink.sequential) this.#at = offset;
    this.#start = offset;
    this.#end = offset + length;
    this.#extentEnd = offset;
  }

  /** @returns false when the run was done already */
  step(): boolean {
    if (this.#at < this.#start) this.#gap();
    else if (this.#at === this.#end) return false;
    else {
      if (this.#at === this.#extentEnd) this.#nextExtent();
      if (this.#isHole) this.#hole();
      else this.#dataUnit();
    }
    return true;
  }

  #gap(): void {
    const length = Math.min(HOLE_UNIT, this.#start - this.#at);
    this.#sink.skip(this.#at + this.#shift, length);
    this.#at += length;
  }

  #nextExtent(): void {
    const extent = this.#source.extentAt?.(this.#at);
    this.#extentEnd = extent === undefined ? this.#end : Math.min(this.#end, this.#at + extent.length);
    this.#isHole = extent?.kind === 'hole';
    this.#isKernelWilling = this.#sink.transferFrom !== undefined && this.#source.file !== undefined;
  }

  #hole(): void {
    const length = Math.min(HOLE_UNIT, this.#extentEnd - this.#at);
    this.#sink.zero(this.#at + this.#shift, length);
    this.#at += length;
    this.holes += length;
  }

  #dataUnit(): void {
    const length = Math.min(this.#buffer.length, this.#extentEnd - this.#at);
    const moved = this.#isKernelWilling ? this.#transfer(this.#at, length) : 0;
    this.#isKernelWilling &&= moved === length;
    if (moved < length) {
      const next = this.#at + length;
      // The next read is fetched while this one is written: two disks work at the same time.
      if (next < this.#extentEnd) this.#announce(next, Math.min(length, this.#extentEnd - next));
      this.#byHand(this.#at + moved, length - moved);
    }
    this.#at += length;
    this.data += length;
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
