/**
 * The output of a copy. Where `isSequential` is true, calls come with ascending, disjoint ranges, otherwise in any order.
 * A range that no call named is treated as if `skip` had named it. `bytes` is borrowed for the call.
 */
export interface Sink {
  /** True for pipes and other streams: offsets must only grow. */
  readonly isSequential: boolean;
  /** Write all of `bytes` at byte `offset`, or throw. */
  writeAt(bytes: Uint8Array, offset: number): void;
  /** Make `[offset, offset + length)` read back as zeros. */
  zero(offset: number, length: number): void;
  /** The contents of `[offset, offset + length)` do not matter: a file keeps what it holds, a pipe sends zeros. */
  skip(offset: number, length: number): void;
  /**
   * Memory from which this sink writes at the least cost, in the length that suits it best. The caller owns it.
   * Optional: without it, or where it returns undefined, any memory and length will do.
   */
  buffer?(): Uint8Array | undefined;
  /**
   * Copy `length` bytes from byte `from` of the open file `fd` to byte `offset`, inside the kernel.
   *
   * @returns bytes copied, from the start of the range; fewer than `length` (also 0) means: read and write the rest
   */
  transferFrom?(fd: number, from: number, offset: number, length: number): number;
  /** End of a successful output: fix the size in bytes, make all durable, close, give the output its final name. */
  finish(size: number): Promise<void>;
  /** End of a failed output: close, and leave the previous file under the final name. Never throws; allowed at any time. */
  abort(): void;
}
