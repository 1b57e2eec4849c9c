/** Bytes `[offset, offset + length)` of a disk or a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}
