import { Turn } from './turn.ts';

/** A clock that the test moves. */
function clock(): { now: number } {
  const time = { now: 1000 };
  jest.spyOn(performance, 'now').mockImplementation(() => time.now);
  return time;
}

afterEach(() => {
  jest.restoreAllMocks();
});

test('a turn is yielded when 25 ms are over, and then the next slice begins', async () => {
  const time = clock();
  const turn = new Turn(undefined);
  time.now += 25;
  expect(turn.take()).toBeUndefined();
  time.now += 1;
  let others = 0;
  setImmediate(() => {
    others++;
  });
  await turn.take();
  expect(others).toBe(1);
  expect(turn.take()).toBeUndefined();
  time.now += 26;
  expect(turn.take()).toBeInstanceOf(Promise);
});

test('an aborted signal ends the work with its reason: at once, in a slice, and after a slice', async () => {
  const time = clock();
  const reason = new Error('enough');
  expect(() => new Turn(AbortSignal.abort(reason))).toThrow(reason);
  const abort = new AbortController();
  const turn = new Turn(abort.signal);
  expect(turn.take()).toBeUndefined();
  time.now += 26;
  const yielded = turn.take();
  abort.abort(reason);
  await expect(yielded).rejects.toBe(reason);
  expect(() => turn.take()).toThrow(reason);
});
