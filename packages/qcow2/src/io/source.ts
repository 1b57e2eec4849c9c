import type { ByteRange } from '../base/byte-range.ts';

/** A run of bytes `[offset, offset + length)`; `length` is greater than zero. A `hole` reads as zeros. */
export interface SourceExtent extends ByteRange {
  readonly kind: 'data' | 'hole';
}

/**
 * Bytes at offsets, at once: a file, a device, an array. Structurally the same as the `Source` of sparse-io and of
 * ext-core, which declare their own so that each package stays usable alone.
 */
export interface Source {
  /** Total bytes. */
  readonly size: number;
  /** Fill `into` from byte `offset`, or throw. There are no short reads; `into` is borrowed for the call. */
  readAt(into: Uint8Array, offset: number): void;
  /** The run of bytes that holds `offset`, from `offset` on. It may report zeros as data, but never data as a hole. */
  extentAt?(offset: number): SourceExtent;
}

/** Bytes at offsets, later: a Blob, HTTP ranges, an object store. */
export interface AsyncSource {
  /** Total bytes. */
  readonly size: number;
  /**
   * Fill `into` from byte `offset`, or reject. `into` is borrowed until the promise settles.
   *
   * @param signal aborted when the caller has lost interest; reject with its reason where that saves work
   */
  readAt(into: Uint8Array, offset: number, signal?: AbortSignal): Promise<void>;
}
