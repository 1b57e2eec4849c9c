/** Bytes `[offset, offset + length)` of a file, device, source or output. `length` is greater than zero. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A range of a source. A `hole` reads as zeros and need not be read. */
export interface Extent extends ByteRange {
  readonly kind: 'data' | 'hole';
}

/** Whether two ranges share at least one byte. `length` may be Infinity. */
export const rangesOverlap = (a: ByteRange, b: ByteRange): boolean =>
  a.offset < b.offset + b.length && b.offset < a.offset + a.length;
