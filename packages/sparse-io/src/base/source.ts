import type { Extent } from './byte-range.ts';

/** Bytes at offsets: a file, a device, an array, or a part of any of these. */
export interface Source {
  /** Total bytes. */
  readonly size: number;
  /** Fill `into` from byte `offset`, or throw. There are no short reads. `into` is borrowed for the call. */
  readAt(into: Uint8Array, offset: number): void;
  /**
   * The part from `offset` on of the extent that holds `offset`. Optional: a source without it consists of data only.
   * It may report zeros as data, never data as a hole.
   */
  extentAt?(offset: number): Extent;
  /** The open file that stores the bytes, for copies inside the kernel. Optional. */
  readonly file?: SourceFile;
}

/** The open file of a source: byte `base + n` of the file is byte `n` of the source. */
export interface SourceFile {
  readonly fd: number;
  readonly base: number;
  /**
   * Report which bytes of the file will be read next, so that the kernel reads them while others are written. Only
   * advice: it never throws.
   */
  willNeed?(offset: number, length: number): void;
}
