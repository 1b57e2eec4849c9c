import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work before the stack is given up for signals, progress and cancelling. */
export const BATCH = 40;

/**
 * Run a generator of short steps to its end, and give up the stack between batches of some 40 ms, so that a signal is
 * answered while a long computation runs.
 *
 * @returns what the generator returns
 * @throws what it throws
 */
export async function inBatches<T>(steps: Generator<void, T>): Promise<T> {
  let batchEnd = performance.now() + BATCH;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() < batchEnd) continue;
    await setImmediate();
    batchEnd = performance.now() + BATCH;
  }
}
