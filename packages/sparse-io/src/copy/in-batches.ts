import { setImmediate } from 'node:timers/promises';

/** Milliseconds of synchronous work before a yield to the event loop, for signals, progress and cancelling. */
export const BATCH = 40;

/**
 * Run a generator of short steps to its end, and yield to the event loop every 40 ms, so that signal handlers run
 * during a long computation.
 *
 * @returns what the generator returns
 * @throws what the generator throws
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
