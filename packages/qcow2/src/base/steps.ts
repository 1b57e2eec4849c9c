/**
 * Something to wait for: bytes of a source, another file, a decompressed cluster. The driver of the steps calls it
 * once; it returns its result at once or as a promise.
 */
type Request = (signal: AbortSignal | undefined) => unknown;

/**
 * A computation that asks for what it needs. Written once, it serves a synchronous source and an asynchronous one:
 * `runSync` or `runAsync` carries the requests out. It asks once per table or run of clusters, never per entry.
 */
export type Steps<T> = Generator<Request, T, void>;

/** Ask for one value. */
export function* ask<T>(request: (signal: AbortSignal | undefined) => T | PromiseLike<T>): Steps<T> {
  const results: T[] = [];
  yield (signal) => {
    const value = request(signal);
    if (!isPromiseLike(value)) {
      results.push(value);
      return undefined;
    }
    return value.then((settled) => {
      results.push(settled);
    });
  };
  for (const result of results) return result;
  throw new TypeError('a request was dropped');
}

/** Carry out all requests at once. @throws TypeError when one returns a promise */
export function runSync<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (step.done !== true) {
    try {
      if (isPromiseLike(step.value(undefined))) {
        throw new TypeError('a promise from a source or resolver of the synchronous reader');
      }
    } catch (error) {
      // Into the computation, so that its own handlers see the failure where it happened.
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}

/** Carry out the requests one after the other. Rejects with the signal's reason once it is aborted. */
export async function runAsync<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted();
  let step = steps.next();
  while (step.done !== true) {
    try {
      await step.value(signal);
      signal?.throwIfAborted();
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next();
  }
  return step.value;
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
