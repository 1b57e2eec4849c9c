import type { Input } from '../io/input.ts';
import type { Output } from '../io/output.ts';

/** An output in memory. A sequential one takes no offset but the next. */
export class MemoryOutput implements Output {
  readonly isSequential: boolean;
  /** Bytes that were written; those never written are zero. */
  bytes = new Uint8Array(0);
  writes = 0;

  constructor(isSequential: boolean) {
    this.isSequential = isSequential;
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    if (this.isSequential && offset !== this.bytes.length) throw new Error(`${offset} does not follow`);
    if (offset + bytes.length > this.bytes.length) {
      const longer = new Uint8Array(offset + bytes.length);
      longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes.set(bytes, offset);
    this.writes++;
  }
}

/** An input in memory. */
export function memoryInput(bytes: Uint8Array): Input {
  return {
    size: bytes.length,
    readAt(into, offset) {
      if (offset + into.length > bytes.length) throw new Error(`read of ${into.length} at ${offset}`);
      into.set(bytes.subarray(offset, offset + into.length));
    },
  };
}

/** A stream of pieces of `size` bytes, all in one buffer that is used again, as real ones do it. */
export async function* streamOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
    buffer.fill(0xee);
  }
}
