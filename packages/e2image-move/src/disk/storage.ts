/** Bytes at offsets that can be made durable: all that a move needs of a device, and of the file of its record. */
export interface Storage {
  /** Fill `into` from byte `offset`, or throw. `into` is borrowed for the call. */
  readAt(into: Uint8Array, offset: number): void;
  /** Write all of `bytes` at byte `offset`, or throw. `bytes` is borrowed for the call. */
  writeAt(bytes: Uint8Array, offset: number): void;
  /** Return when everything written so far survives a power cut. After an error it is unknown what does. */
  sync(): void;
}

/** `length` bytes from byte `offset`, the caller's own. */
export function readBytes(storage: Pick<Storage, 'readAt'>, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  storage.readAt(bytes, offset);
  return bytes;
}
