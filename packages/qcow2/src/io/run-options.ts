/** Options that every long operation has. */
export interface RunOptions {
  /** Stops the operation, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called now and then with the number of guest bytes that are done, of those to be stored. */
  readonly onProgress?: (bytesDone: number) => void;
}
