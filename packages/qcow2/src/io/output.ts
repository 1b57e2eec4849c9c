/**
 * Where an image is written. The sinks of sparse-io fit: a file, a device, a pipe. `bytes` is borrowed until the call
 * returns, or until its promise settles. The writers wait for it, which is the backpressure.
 */
export interface Output {
  /** True for pipes and the like: offsets only grow, without gaps. */
  readonly isSequential?: boolean;
  /** Write all of `bytes` at byte `offset`, or throw. */
  writeAt(bytes: Uint8Array, offset: number): void | Promise<void>;
  /** Memory from which it writes at the least cost, of the length that suits it best; undefined when any memory will do. */
  buffer?(): Uint8Array | undefined;
  /**
   * Copy `length` bytes from byte `from` of the open file `fd` to byte `offset`, inside the kernel.
   *
   * @returns how many bytes were copied, counted from the first one. If less than `length` (it may be 0), the writer
   *   copies the rest itself
   */
  transferFrom?(fd: number, from: number, offset: number, length: number): number;
}
