import { fakeSignals } from '@e2image/cli/testing';
import { dieOf, stepsUntilSignal } from './interrupt.ts';

describe('stepsUntilSignal', () => {
  test('takes all steps and watches no longer', async () => {
    const host = fakeSignals();
    let left = 3;
    expect(await stepsUntilSignal(() => left-- > 0, host)).toBeUndefined();
    expect(left).toBe(-1);
    expect(host.handlers.size).toBe(0);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('informs the next step of %s, and returns it', async (signal) => {
    const host = fakeSignals();
    const asked: boolean[] = [];
    const caught = await stepsUntilSignal((isAskedToEnd) => {
      asked.push(isAskedToEnd);
      if (asked.length === 2) host.deliver(signal);
      return !isAskedToEnd;
    }, host);
    expect(caught).toBe(signal);
    expect(asked).toEqual([false, false, true]);
  });

  test('watches no longer after an error', async () => {
    const host = fakeSignals();
    const failure = stepsUntilSignal(() => {
      throw new RangeError('bug');
    }, host);
    await expect(failure).rejects.toThrow('bug');
    expect(host.handlers.size).toBe(0);
  });
});

describe('dieOf', () => {
  test('sends the signal to itself, and has a status in case it stays alive', () => {
    const host = fakeSignals();
    expect(dieOf('SIGTERM', host)).toBe(143);
    expect(host.killed).toEqual(['SIGTERM']);
  });
});
