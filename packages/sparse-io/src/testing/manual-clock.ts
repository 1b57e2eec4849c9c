/**
 * Replaces `performance.now` until disposed: time passes only where a test adds to `now`, so a test can say which step
 * ends a batch.
 */
export function manualClock(): Disposable & { now: number } {
  const real = performance.now;
  const clock = {
    now: 0,
    [Symbol.dispose]: () => {
      performance.now = real;
    },
  };
  performance.now = () => clock.now;
  return clock;
}
