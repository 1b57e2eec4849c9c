/**
 * Turns calls that bring values ("here is a piece") into an iteration that asks for them, one at a time: who brings
 * waits until his value was used up. That is the backpressure.
 *
 * @param bring calls `give` for each value and waits for it; stops when its signal is aborted
 * @param signal of the caller, passed on to `bring`
 * @returns the values; each is used up when the next is asked for. Ending the iteration early aborts `bring`.
 */
export async function* iterate<T, R>(
  bring: (give: (value: T) => Promise<void>, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<T, R, void> {
  const handover = new Handover<T>();
  const abort = new AbortController();
  const both = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]);
  const brought = bring((value) => handover.give(value), both);
  // Handled below; in between it must not count as unhandled.
  brought.then(
    () => handover.end(),
    () => handover.end(),
  );
  let offer: Offer<T> | undefined;
  try {
    for (;;) {
      offer = await handover.take();
      if (offer === undefined) return await brought;
      yield offer.value;
      offer.usedUp();
    }
  } finally {
    abort.abort();
    handover.close(abort.signal.reason);
    offer?.refuse(abort.signal.reason);
    // Not before it has ended may its buffers and descriptors go.
    await brought.catch(() => undefined);
  }
}

interface Offer<T> {
  readonly value: T;
  readonly usedUp: () => void;
  readonly refuse: (reason: unknown) => void;
}

class Handover<T> {
  #offer: Offer<T> | undefined;
  #taker: ((offer: Offer<T> | undefined) => void) | undefined;
  #hasEnded = false;
  #refusal: { readonly reason: unknown } | undefined;

  give(value: T): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#refusal !== undefined) return reject(this.#refusal.reason);
      this.#offer = { value, usedUp: resolve, refuse: reject };
      this.#pass();
    });
  }

  /** The next value; undefined when there is no more. */
  take(): Promise<Offer<T> | undefined> {
    return new Promise((resolve) => {
      this.#taker = resolve;
      this.#pass();
    });
  }

  end(): void {
    this.#hasEnded = true;
    this.#pass();
  }

  /** Nobody takes any more: who gives, or is waiting, is refused. */
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
