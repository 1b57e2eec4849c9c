import { setImmediate } from 'node:timers/promises';
import type { Sink } from '@e2image/sparse-io';

/** Bytes of zeros in one call: a pipe takes them in about 10 ms. */
const ZERO_UNIT = 64 * 1024 * 1024;
/** Bytes to write before the event loop runs again. */
const BATCH = 8 * 1024 * 1024;

export interface ForwardWriterOptions {
  /** The caller finishes or aborts it. */
  readonly sink: Sink;
  /** Called with the number of bytes of the image that are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Writes pieces at ascending offsets. Bytes between them become zeros. */
export class ForwardWriter {
  /** Bytes given to `write`. */
  written = 0;
  readonly #sink: Sink;
  readonly #onProgress: ((done: number) => void) | undefined;
  #at = 0;
  #sinceBreak = 0;

  constructor({ sink, onProgress }: ForwardWriterOptions) {
    this.#sink = sink;
    this.#onProgress = onProgress;
  }

  /** Write `bytes`, which are borrowed for the call, at `offset`: not before the end of the last piece. */
  write(bytes: Uint8Array, offset: number): void {
    if (offset > this.#at) this.#sink.zero(this.#at, offset - this.#at);
    this.#sink.writeAt(bytes, offset);
    this.#at = offset + bytes.length;
    this.written += bytes.length;
  }

  /** Write zeros up to `offset`, in steps: on a pipe they may be many GiB, and signals must be handled meanwhile. */
  async zeroTo(offset: number): Promise<void> {
    while (this.#at < offset) {
      const step = Math.min(ZERO_UNIT, offset - this.#at);
      this.#sink.zero(this.#at, step);
      this.#at += step;
      if (step === ZERO_UNIT) await this.pause(BATCH);
    }
  }

  /** Count `bytes` as moved, and yield to the event loop after each batch. */
  async pause(bytes: number): Promise<void> {
    this.#sinceBreak += bytes;
    if (this.#sinceBreak < BATCH) return;
    this.#sinceBreak = 0;
    this.#onProgress?.(this.#at);
    await setImmediate();
  }
}
