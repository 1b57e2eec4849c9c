/** A run of bytes `[offset, offset + length)`; `length` is greater than zero. A `hole` reads as zeros. */
export interface Extent {
  readonly kind: 'data' | 'hole';
  readonly offset: number;
  readonly length: number;
}

/** Bytes at offsets: a file, a device, an array, a window on any of these. */
export interface Source {
  /** Total bytes. */
  readonly size: number;
  /** Fill `into` from byte `offset`, or throw. There are no short reads; `into` is borrowed for the call. */
  readAt(into: Uint8Array, offset: number): void;
  /**
   * The run of bytes that holds `offset`, told from `offset` on. Optional: a source without it is data throughout.
   * It may call zeros data, never data a hole.
   */
  extentAt?(offset: number): Extent;
  readonly file?: SourceFile;
}

/** The open file behind a source: its byte `base + n` is byte `n` of the source. For copies inside the kernel. */
export interface SourceFile {
  readonly fd: number;
  readonly base: number;
  /**
   * Tell the kernel which bytes of the file will be read next, so that it fetches them while others are written.
   * Never throws: it is advice.
   */
  willNeed?(offset: number, length: number): void;
}

/**
 * Where an image goes. Calls come with ascending, disjoint ranges where `sequential` is true, in any order otherwise.
 * A range that no call named is as if `skip` had named it. `bytes` is borrowed for the call.
 */
export interface Sink {
  /** True for pipes and the like: offsets must only grow. */
  readonly sequential: boolean;
  /** Write all of `bytes` at byte `offset`, or throw. */
  writeAt(bytes: Uint8Array, offset: number): void;
  /** Make `[offset, offset + length)` read back as zeros. */
  zero(offset: number, length: number): void;
  /** Nobody cares what `[offset, offset + length)` holds: keep what is there; a pipe sends zeros. */
  skip(offset: number, length: number): void;
  /**
   * Memory that it writes from at least cost, of the length that it likes best; the caller's from then on. Optional:
   * where it is missing or gives undefined, any memory and length will do.
   */
  buffer?(): Uint8Array | undefined;
  /**
   * Take `length` bytes at byte `from` of the open file `fd` to byte `offset`, inside the kernel.
   *
   * @returns bytes taken, from the front; less than `length` (also 0) means: copy the rest by hand
   */
  transferFrom?(fd: number, from: number, offset: number, length: number): number;
  /** All is written: fix the size in bytes, make it durable, close, and give the output its final name. */
  finish(size: number): Promise<void>;
  /** Give up: close, and leave under the final name what was there before. Never throws; may follow any call. */
  abort(): void;
}
