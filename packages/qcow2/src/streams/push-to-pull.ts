/**
 * Turn a function that pushes values into an iteration that is asked for them. The producer waits until its value was
 * consumed: that is the backpressure.
 *
 * @param produce calls `give` for each value and awaits it; it stops when its signal is aborted
 * @param signal of the caller; `produce` gets a signal that is aborted with it
 * @returns the values. Each is consumed when the next one is asked for. Ending the iteration early aborts `produce`, and
 *   waits until it has ended
 */
export async function* pushToPull<T, R>(
  produce: (give: (value: T) => Promise<void>, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<T, R, void> {
  const exchange = new Exchange<T>();
  const abort = new AbortController();
  const both = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]);
  const result = produce((value) => exchange.give(value), both);
  // The failure is handled below; until then it must not count as unhandled.
  result.then(
    () => exchange.end(),
    () => exchange.end(),
  );
  let offer: Offer<T> | undefined;
  try {
    for (;;) {
      offer = await exchange.take();
      if (offer === undefined) return await result;
      yield offer.value;
      offer.consumed();
    }
  } finally {
    abort.abort();
    exchange.close(abort.signal.reason);
    offer?.refuse(abort.signal.reason);
    // Its buffers and descriptors may be released only after it has ended.
    await result.catch(() => undefined);
  }
}

interface Offer<T> {
  readonly value: T;
  readonly consumed: () => void;
  readonly refuse: (reason: unknown) => void;
}

/** Passes one value at a time from a producer to a consumer. */
class Exchange<T> {
  #offer: Offer<T> | undefined;
  #taker: ((offer: Offer<T> | undefined) => void) | undefined;
  #hasEnded = false;
  #refusal: { readonly reason: unknown } | undefined;

  /** Resolves when the value was consumed; rejects once `close` was called. */
  give(value: T): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#refusal !== undefined) return reject(this.#refusal.reason);
      this.#offer = { value, consumed: resolve, refuse: reject };
      this.#pass();
    });
  }

  /** The next value; undefined after the last one. */
  take(): Promise<Offer<T> | undefined> {
    return new Promise((resolve) => {
      this.#taker = resolve;
      this.#pass();
    });
  }

  /** The producer has ended. */
  end(): void {
    this.#hasEnded = true;
    this.#pass();
  }

  /** The consumer has ended: a waiting `give`, and every later one, is rejected. */
  close(reason: unknown): void {
    this.#refusal = { reason };
    this.#offer?.refuse(reason);
  }

  #pass(): void {
    const taker = this.#taker;
    if (taker === undefined || (this.#offer === undefined && !this.#hasEnded)) return;
    this.#taker = undefined;
    const offer = this.#offer;
    this.#offer = undefined;
    taker(offer);
  }
}
