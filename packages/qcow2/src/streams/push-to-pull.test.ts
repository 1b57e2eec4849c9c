import { pushToPull } from './push-to-pull.ts';

test('the producer waits until its value was consumed', async () => {
  const events: string[] = [];
  const values = pushToPull<number, string>(async (give) => {
    for (const value of [1, 2]) {
      events.push(`give ${value}`);
      await give(value);
      events.push(`consumed ${value}`);
    }
    return 'done';
  });
  expect(events).toEqual([]);
  expect(await values.next()).toEqual({ done: false, value: 1 });
  events.push('took 1');
  expect(await values.next()).toEqual({ done: false, value: 2 });
  events.push('took 2');
  expect(await values.next()).toEqual({ done: true, value: 'done' });
  expect(events).toEqual(['give 1', 'took 1', 'consumed 1', 'give 2', 'took 2', 'consumed 2']);
});

test('an early end aborts the producer, and waits until it has ended', async () => {
  const events: string[] = [];
  const values = pushToPull<number, void>(async (give, signal) => {
    try {
      await give(1);
      events.push('not reached');
    } catch {
      events.push(`refused, aborted: ${signal.aborted}`);
      await expect(give(2)).rejects.toBeDefined();
      await new Promise((resolve) => setImmediate(resolve));
      events.push('ended');
    }
  });
  for await (const _ of values) break;
  expect(events).toEqual(['refused, aborted: true', 'ended']);
});

test('a failure of the producer is that of the iteration, also before its first value', async () => {
  const fail = pushToPull<number, void>(async () => {
    throw new Error('EIO');
  });
  await expect(fail.next()).rejects.toThrow('EIO');
});

test('the signal of the caller reaches the producer', async () => {
  const abort = new AbortController();
  const seen: boolean[] = [];
  const values = pushToPull<number, void>(async (give, signal) => {
    await give(1);
    seen.push(signal.aborted);
  }, abort.signal);
  await values.next();
  abort.abort();
  await values.next();
  expect(seen).toEqual([true]);
});
