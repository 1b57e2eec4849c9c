import type { ByteRange } from '../base/byte-range.ts';
import type { Sink } from '../base/sink.ts';
import type { Source } from '../base/source.ts';
import { batches } from './in-batches.ts';

/** How to copy. Everything else (bad blocks, zeros, comparing) is done by a source or sink around another one. */
export interface CopyOptions {
  /** The ranges to copy: ascending and disjoint. Default: the whole source. */
  readonly runs?: Iterable<ByteRange>;
  /** The offset in the sink of byte 0 of the source. Default 0. */
  readonly sinkOffset?: number;
  /** Called between batches and at the end, with the bytes of `runs` that are done. */
  readonly onProgress?: (done: number) => void;
  /** Stops the copy between batches; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What was copied, in bytes. */
export interface CopyResult {
  /** Read and written. */
  readonly data: number;
  /** Holes of the source, made zero in the sink without reading. */
  readonly holes: number;
}

/**
 * Bytes of one read and write where the sink has no buffer of its own. Larger units do not fit the processor's cache,
 * smaller ones need more calls.
 */
export const IO_UNIT = 1 << 18;
/** Most bytes of a hole in one call of the sink, so that there are yields while a sink writes its zeros. */
const HOLE_UNIT = 1 << 26;

/**
 * Copy runs of bytes from a source to a sink, in order. Neither is finished or closed.
 *
 * Holes of the source (`extentAt`) are not read: the sink gets `zero`. A sequential sink gets `skip` for the gaps between
 * runs, any other sink no call. Bytes are copied inside the kernel where the source has a `file` and the sink
 * `transferFrom`. Yields to the event loop after every 40 ms of synchronous work.
 *
 * @throws what the source or sink throws; the caller must abort the sink then
 */
export async function copyRuns(source: Source, sink: Sink, options: CopyOptions = {}): Promise<CopyResult> {
  const { runs = wholeOf(source), sinkOffset = 0, onProgress, signal } = options;
  const mover = new Mover(source, sink, sinkOffset);
  const endOfStep = batches();
  for (const run of runs) {
    mover.begin(run);
    while (mover.step()) {
      const pause = endOfStep();
      if (pause === undefined) continue;
      onProgress?.(mover.data + mover.holes);
      await pause;
      signal?.throwIfAborted();
    }
  }
  signal?.throwIfAborted();
  onProgress?.(mover.data + mover.holes);
  return { data: mover.data, holes: mover.holes };
}

function wholeOf(source: Source): ByteRange[] {
  return source.size > 0 ? [{ offset: 0, length: source.size }] : [];
}

/**
 * Copies runs in steps of one I/O unit; the caller may yield between steps. Not a generator: there may be millions of
 * runs of one block, and a few objects for each would cost more than the copy itself.
 */
class Mover {
  data = 0;
  holes = 0;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #shift: number;
  readonly #buffer: Uint8Array;
  /** Offset of the next byte in the source; before `#start`, it is in the gap before the run (sequential sinks only). */
  #at = 0;
  #start = 0;
  #end = 0;
  /** Of the source extent that contains `#at`: where it ends, and whether it is a hole. */
  #extentEnd = 0;
  #isHole = false;
  #isKernelWilling = false;

  constructor(source: Source, sink: Sink, shift: number) {
    this.#source = source;
    this.#sink = sink;
    this.#shift = shift;
    this.#buffer = sink.buffer?.() ?? new Uint8Array(IO_UNIT);
  }

  /** Start the next run. The previous one must be done. */
  begin({ offset, length }: ByteRange): void {
    if (!this.#sink.isSequential) this.#at = offset;
    this.#start = offset;
    this.#end = offset + length;
    this.#extentEnd = offset;
  }

  /** Copy one unit. @returns false when the run was already done */
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
      // The kernel reads the next unit while this one is written: two disks work at the same time.
      if (next < this.#extentEnd) this.#announce(next, Math.min(length, this.#extentEnd - next));
      this.#readAndWrite(this.#at + moved, length - moved);
    }
    this.#at += length;
    this.data += length;
  }

  #transfer(at: number, length: number): number {
    const { file, size } = this.#source;
    // A window may end before its file: `readAt` must refuse what is past its end.
    if (file === undefined || at + length > size) return 0;
    return this.#sink.transferFrom?.(file.fd, file.base + at, at + this.#shift, length) ?? 0;
  }

  #announce(at: number, length: number): void {
    const { file } = this.#source;
    file?.willNeed?.(file.base + at, length);
  }

  #readAndWrite(at: number, length: number): void {
    const bytes = length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, length);
    this.#source.readAt(bytes, at);
    this.#sink.writeAt(bytes, at + this.#shift);
  }
}
