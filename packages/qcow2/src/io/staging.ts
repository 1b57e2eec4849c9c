import type { Output } from './output.ts';

/**
 * Bytes gathered before a write, where the output has no buffer. Measured: 256 KiB costs less CPU than smaller and
 * than larger writes.
 */
export const STAGING_BYTES = 1 << 18;

/**
 * Gathers small pieces for an output into large writes. The pieces' offsets grow; a gap between two is
 * left to the output (a hole in a file).
 */
export class Staging {
  readonly #output: Output;
  readonly #buffer: Uint8Array;
  #fill = 0;
  /** Byte of the output where the buffer's first one goes. */
  #base = 0;

  /** @param clusterSize bytes; the buffer is a multiple of it */
  constructor(output: Output, clusterSize: number) {
    this.#output = output;
    const given = output.buffer?.();
    const fits = given !== undefined && given.length % clusterSize === 0;
    this.#buffer = fits ? given : new Uint8Array(Math.max(STAGING_BYTES, clusterSize));
  }

  /** Byte of the output after the last piece. */
  get position(): number {
    return this.#base + this.#fill;
  }

  /** Put `bytes`, which is borrowed for the call, at byte `offset`. */
  async put(bytes: Uint8Array, offset: number): Promise<void> {
    if (offset !== this.position) await this.moveTo(offset);
    for (let done = 0; done < bytes.length; ) {
      const room = this.#buffer.length - this.#fill;
      const part = bytes.subarray(done, done + room);
      this.#buffer.set(part, this.#fill);
      this.#fill += part.length;
      done += part.length;
      if (this.#fill === this.#buffer.length) await this.flush();
    }
  }

  /** The free part of the buffer, after the last piece: fill it, then call `advance`. */
  room(): Uint8Array {
    return this.#buffer.subarray(this.#fill);
  }

  /** The first `length` bytes of `room()` have been filled. */
  advance(length: number): void {
    this.#fill += length;
  }

  /** Write what is gathered; the next piece goes to byte `offset`. */
  async moveTo(offset: number): Promise<void> {
    await this.flush();
    this.#base = offset;
  }

  /** Write what is gathered. */
  async flush(): Promise<void> {
    if (this.#fill === 0) return;
    await this.#output.writeAt(this.#buffer.subarray(0, this.#fill), this.#base);
    this.#base += this.#fill;
    this.#fill = 0;
  }
}
