import { lowerBound } from '../base/lower-bound.ts';

/**
 * Keeps bytes until the tables that come before them are known. The spool of sparse-io fits.
 */
export interface Spool {
  /** Add bytes at the end; `bytes` is borrowed until the call, or its promise, is done. */
  append(bytes: Uint8Array): void | Promise<void>;
  /** What was added, to be read after the last `append`. */
  source(): SpoolSource;
}

/** A spool's contents. */
export interface SpoolSource {
  /** Fill `into` from byte `offset`. Only bytes that were added are asked for. */
  readAt(into: Uint8Array, offset: number): void | Promise<void>;
}

/** How much to keep in memory, and where the rest goes. */
export interface MemorySpoolOptions {
  /** Bytes to keep in memory. Default 16 MiB. */
  readonly limit?: number;
  /** Called when the limit is exceeded: everything moves to the spool that it returns. Without it memory is not limited. */
  readonly open?: () => Spool | Promise<Spool>;
}

/** Bytes kept in memory by default: most metadata images compress to less. */
const MEMORY_LIMIT = 1 << 24;

/** A spool in memory, which moves to another one when it becomes too large. */
export class MemorySpool implements Spool {
  readonly #limit: number;
  readonly #open: (() => Spool | Promise<Spool>) | undefined;
  #pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #size = 0;
  #overflow: Spool | undefined;

  constructor({ limit = MEMORY_LIMIT, open }: MemorySpoolOptions = {}) {
    this.#limit = limit;
    this.#open = open;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#overflow === undefined && this.#open !== undefined && this.#size + bytes.length > this.#limit) {
      const overflow = await this.#open();
      for (const piece of this.#pieces) await overflow.append(piece.bytes);
      this.#pieces = [];
      this.#overflow = overflow;
    }
    if (this.#overflow === undefined) this.#pieces.push({ offset: this.#size, bytes: bytes.slice() });
    else await this.#overflow.append(bytes);
    this.#size += bytes.length;
  }

  source(): SpoolSource {
    return this.#overflow?.source() ?? { readAt: (into, offset) => this.#read(into, offset) };
  }

  #read(into: Uint8Array, offset: number): void {
    // The last piece that starts at or before `offset`.
    let at = lowerBound(this.#pieces.length, (index) => (this.#pieces[index]?.offset ?? 0) <= offset) - 1;
    for (let filled = 0; filled < into.length; at++) {
      const piece = this.#pieces[at];
      if (piece === undefined) throw new RangeError(`spool ends at byte ${this.#size}`);
      const from = offset + filled - piece.offset;
      const part = piece.bytes.subarray(from, from + into.length - filled);
      into.set(part, filled);
      filled += part.length;
    }
  }
}
