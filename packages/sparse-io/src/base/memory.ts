import { SparseError } from './errors.ts';
import type { Sink, Source } from './types.ts';

/** A source over bytes that stay the caller's: what is changed there is read here. */
export function memorySource(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    readAt(into, offset) {
      const there = bytes.subarray(offset, offset + into.length);
      into.set(there);
      if (there.length < into.length) {
        throw new SparseError('SPARSE_SHORT_READ', `the source ends at byte ${bytes.length}`, {
          detail: { offset: offset + there.length, length: into.length - there.length },
        });
      }
    },
  };
}

/** What a MemorySink was told, in order. */
export interface SinkCall {
  readonly kind: 'write' | 'zero' | 'skip';
  readonly offset: number;
  readonly length: number;
}

/** A sink over an array that grows, and remembers every call; `bytes` is its own until `finish`. */
export class MemorySink implements Sink {
  readonly sequential: boolean;
  readonly calls: SinkCall[] = [];
  bytes: Uint8Array;
  /** What became of it. */
  state: 'open' | 'finished' | 'aborted' = 'open';

  /** @param old what the output held before */
  constructor({ sequential = false, old = new Uint8Array(0) }: { sequential?: boolean; old?: Uint8Array } = {}) {
    this.sequential = sequential;
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
