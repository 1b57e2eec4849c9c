import { setImmediate } from 'node:timers/promises';

/** Milliseconds of synchronous work before a yield to the event loop, for signals, progress and cancelling. */
export const BATCH = 40;

/**
 * For loops of synchronous work: a function to call after each step, which yields to the event loop once the batch of
 * 40 ms is over.
 *
 * @returns what to wait for before the next step; undefined while the batch lasts
 */
export function batches(): () => Promise<void> | undefined {
  let batchEnd = performance.now() + BATCH;
  return () => {
    if (performance.now() < batchEnd) return undefined;
    return setImmediate().then(() => {
      batchEnd = performance.now() + BATCH;
    });
  };
}

/**
 * Run a generator of short steps to its end, and yield to the event loop every 40 ms, so that signal handlers run
 * during a long computation.
 *
 * @returns what the generator returns
 * @throws what the generator throws
 */
export async function inBatches<T>(steps: Generator<void, T>): Promise<T> {
  const endOfStep = batches();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    const pause = endOfStep();
    if (pause !== undefined) await pause;
  }
}
