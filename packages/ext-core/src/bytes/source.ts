/**
 * The bytes of a file system, wherever they are: a device, an image, a window on either.
 *
 * Structurally the same as the `Source` of sparse-io and of qcow2, which have their own declarations so that each
 * package can be used alone.
 */
export interface Source {
  /** Total bytes. */
  readonly size: number;
  /** Fill `into` from byte `offset`, or throw. There are no short reads; `into` is borrowed for the call. */
  readAt(into: Uint8Array, offset: number): void;
  /**
   * The run of bytes that contains `offset`, from `offset` on: data, or a hole that reads as zeros. Optional: a
   * source without it is data throughout. It may report zeros as data, never the other way round.
   */
  extentAt?(offset: number): SourceExtent;
}

/** Bytes `[offset, offset + length)`. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A run of bytes of a source; `length` is greater than zero. */
export interface SourceExtent extends ByteRange {
  readonly kind: 'data' | 'hole';
}
