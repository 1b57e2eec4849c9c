/** Milliseconds of synchronous work after which the event loop runs. */
const SLICE_MS = 25;

/**
 * Yields to the event loop between slices of synchronous work, so that signals and timers run: call `await turn.take()`
 * between batches. It costs nothing until a slice of time is over.
 *
 * Without it, a signal handler could not run inside a synchronous loop: ^C would wait for the end of the work.
 */
export class Turn {
  readonly #signal: AbortSignal | undefined;
  #since = performance.now();

  /** @throws the signal's reason when it is aborted already */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  /**
   * Yield to the event loop if the slice is over.
   *
   * @returns a promise to await; undefined while time is left, so that a loop over small pieces can save the `await`
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
