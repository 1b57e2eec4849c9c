import { setImmediate } from 'node:timers/promises';
import type { Sink } from '@e2image/sparse-io';

/** Bytes of zeros in one call: what a pipe takes in some 10 ms. */
const ZERO_UNIT = 64 * 1024 * 1024;
/** Bytes to move between two looks at signals. */
const BATCH = 8 * 1024 * 1024;

export interface ForwardWriterOptions {
  /** The caller's to finish or to abort. */
  readonly sink: Sink;
  /** Bytes of the image done so far. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Writes ascending pieces; what lies between them becomes zeros. */
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

  write(bytes: Uint8Array, offset: number): void {
    if (offset > this.#at) this.#sink.zero(this.#at, offset - this.#at);
    this.#sink.writeAt(bytes, offset);
    this.#at = offset + bytes.length;
    this.written += bytes.length;
  }

  /** Zeros up to `offset`, in steps between which signals are answered: on a pipe they may be many GiB. */
  async zeroTo(offset: number): Promise<void> {
    while (this.#at < offset) {
      const step = Math.min(ZERO_UNIT, offset - this.#at);
      this.#sink.zero(this.#at, step);
      this.#at += step;
      if (step === ZERO_UNIT) await this.pause(BATCH);
    }
  }

  /** Count `bytes` as moved; once in a while give up the stack. */
  async pause(bytes: number): Promise<void> {
    this.#sinceBreak += bytes;
    if (this.#sinceBreak < BATCH) return;
    this.#sinceBreak = 0;
    this.#onProgress?.(this.#at);
    await setImmediate();
  }
}
