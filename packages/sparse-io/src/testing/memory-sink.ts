import type { ByteRange } from '../base/byte-range.ts';
import type { Sink } from '../base/sink.ts';

/** One call that a MemorySink received. */
export interface SinkCall extends ByteRange {
  readonly kind: 'write' | 'zero' | 'skip';
}

/** A sink over an array that grows, and that records every call. It may replace `bytes` until `finish`. */
export class MemorySink implements Sink {
  readonly isSequential: boolean;
  /** All calls, in order. */
  readonly calls: SinkCall[] = [];
  bytes: Uint8Array;
  /** How the output ended. */
  state: 'open' | 'finished' | 'aborted' = 'open';

  /** @param old contents of the output before the first call; they are copied */
  constructor({ isSequential = false, old = new Uint8Array(0) }: { isSequential?: boolean; old?: Uint8Array } = {}) {
    this.isSequential = isSequential;
    this.bytes = old.slice();
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    this.calls.push({ kind: 'write', offset, length: bytes.length });
    this.#grow(offset + bytes.length);
    this.bytes.set(bytes, offset);
  }

  zero(offset: number, length: number): void {
    this.calls.push({ kind: 'zero', offset, length });
    this.#grow(offset + length);
    this.bytes.fill(0, offset, offset + length);
  }

  skip(offset: number, length: number): void {
    this.calls.push({ kind: 'skip', offset, length });
  }

  async finish(size: number): Promise<void> {
    this.#grow(size);
    this.bytes = this.bytes.slice(0, size);
    this.state = 'finished';
  }

  abort(): void {
    if (this.state === 'open') this.state = 'aborted';
  }

  #grow(size: number): void {
    if (size <= this.bytes.length) return;
    const grown = new Uint8Array(size);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}
