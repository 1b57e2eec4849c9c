import { ask, runAsync, runSync, type Steps } from './steps.ts';

/** Asks for two values and adds them. */
function* sum(first: () => number | Promise<number>, second: () => number | Promise<number>): Steps<number> {
  const a = yield* ask(first);
  return a + (yield* ask(second));
}

const failing = () => {
  throw new Error('EIO');
};

/** Survives a failure of its first request. */
function* careful(first: () => number | Promise<number>): Steps<number> {
  try {
    return yield* ask(first);
  } catch {
    return -1;
  }
}

test('one computation serves both drivers', async () => {
  expect(
    runSync(
      sum(
        () => 1,
        () => 2,
      ),
    ),
  ).toBe(3);
  expect(
    await runAsync(
      sum(
        async () => 1,
        () => 2,
      ),
    ),
  ).toBe(3);
  expect(
    await runAsync(
      sum(
        () => 1,
        async () => 2,
      ),
    ),
  ).toBe(3);
});

test('requests are carried out in order, each before the next is made', async () => {
  const order: string[] = [];
  const say = (text: string) => async () => {
    order.push(`begin ${text}`);
    await Promise.resolve();
    order.push(`end ${text}`);
    return 0;
  };
  await runAsync(sum(say('a'), say('b')));
  expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b']);
});

test('the synchronous driver refuses a promise', () => {
  expect(() =>
    runSync(
      sum(
        async () => 1,
        () => 2,
      ),
    ),
  ).toThrow(TypeError);
});

test('a failure reaches the computation, which may handle it', async () => {
  expect(() => runSync(sum(failing, () => 2))).toThrow('EIO');
  await expect(runAsync(sum(() => 1, failing))).rejects.toThrow('EIO');
  await expect(
    runAsync(
      sum(
        () => Promise.reject(new Error('later')),
        () => 2,
      ),
    ),
  ).rejects.toThrow('later');
  expect(runSync(careful(failing))).toBe(-1);
  expect(await runAsync(careful(failing))).toBe(-1);
});

test('an aborted signal ends the computation with its reason, before it starts and between requests', async () => {
  const reason = new Error('enough');
  let asked = 0;
  const count = () => ++asked;
  await expect(runAsync(sum(count, count), AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(asked).toBe(0);
  const abort = new AbortController();
  const aborting = () => {
    abort.abort(reason);
    return count();
  };
  await expect(runAsync(sum(aborting, count), abort.signal)).rejects.toBe(reason);
  expect(asked).toBe(1);
});

test('requests get the signal', async () => {
  const { signal } = new AbortController();
  const seen: unknown[] = [];
  function* steps(): Steps<void> {
    yield (given) => void seen.push(given);
  }
  await runAsync(steps(), signal);
  runSync(steps());
  expect(seen).toEqual([signal, undefined]);
});
