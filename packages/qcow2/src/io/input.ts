/** What a writer reads the disk through: a `Source` or an `AsyncSource`. */
export interface Input {
  /** Total bytes. */
  readonly size: number;
  /** Fill `into` from byte `offset`, or throw; `into` is borrowed until the call, or its promise, is done. */
  readAt(into: Uint8Array, offset: number): void | Promise<void>;
  /** The open file whose byte `base + n` is byte `n` of this input, for copies inside the kernel. */
  readonly file?: { readonly fd: number; readonly base: number };
}

/**
 * Fill `into` from byte `offset`. Bytes past the end of the input, as in the last cluster, are zeros.
 *
 * @returns what the input's `readAt` returns: a promise to await, or undefined
 */
export function readPadded(input: Input, into: Uint8Array, offset: number): void | Promise<void> {
  const present = Math.max(0, Math.min(into.length, input.size - offset));
  if (present === into.length) return input.readAt(into, offset);
  into.fill(0, present);
  return present > 0 ? input.readAt(into.subarray(0, present), offset) : undefined;
}
