/**
 * Where an image goes. The sinks of sparse-io fit: a file, a device, a pipe. `bytes` is borrowed until the call
 * returns, or until the promise it gave settles; the writers wait for it, which is the backpressure.
 */
export interface Output {
  /** True for pipes and the like: offsets only grow, without gaps. */
  readonly sequential?: boolean;
  /** Write all of `bytes` at byte `offset`, or throw. */
  writeAt(bytes: Uint8Array, offset: number): void | Promise<void>;
  /** Memory that it writes from at least cost, of the length that it likes best; undefined when any will do. */
  buffer?(): Uint8Array | undefined;
  /**
   * Take `length` bytes at byte `from` of the open file `fd` to byte `offset`, inside the kernel.
   *
   * @returns bytes taken, from the front; less than `length` (also 0) means: the rest is copied by hand
   */
  transferFrom?(fd: number, from: number, offset: number, length: number): number;
}

/** Options that every long operation has. */
export interface RunOptions {
  /** Stops the operation, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told now and then how many guest bytes of the stored ones are done. */
  readonly onProgress?: (bytesDone: number) => void;
}

/** Bytes at the front of an image that hold its magic. */
const FRONT_BYTES = 512;

/**
 * Make sure that an output whose header comes last has none until then: a device may hold an older image, and its
 * header would make an image of what an interrupted run leaves.
 */
export async function clearHeader(output: Output): Promise<void> {
  await output.writeAt(new Uint8Array(FRONT_BYTES), 0);
}

/** Milliseconds of synchronous work after which others get their turn: signal handlers, timers, other streams. */
const SLICE_MS = 25;

/**
 * Lets the rest of the program live during synchronous work: `await turn.take()` between batches costs nothing until
 * a slice of time is over.
 *
 * A signal handler cannot run inside a synchronous loop, and with one installed ^C would wait for its end.
 */
export class Turn {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  /**
   * Give up the stack if the slice is over.
   *
   * @returns what to wait for; undefined when there is time left: a loop over little pieces saves the `await` then
   * @throws the signal's reason once it is aborted
   */
  take(): Promise<void> | undefined {
    this.#signal?.throwIfAborted();
    return performance.now() - this.#since > SLICE_MS ? this.#rest() : undefined;
  }

  async #rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#since = performance.now();
    this.#signal?.throwIfAborted();
  }
}
