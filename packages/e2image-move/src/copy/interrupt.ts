import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { type EndingSignal, type SignalHost, watchSignals } from '@e2image/cli';

/** Milliseconds of steps between two yields to the event loop: a yield costs as much as a short step. */
const TURN = 10;

/**
 * Take steps until none is left or a signal asks to end. Signals are seen when this yields to the event loop: between two
 * steps, at most some 10 ms after the end of the step that was running.
 *
 * @param step returns whether more steps are left
 * @returns the signal that was caught, also when it came during the last step
 * @throws what `step` throws
 */
export async function stepsUntilSignal(
  step: (isAskedToEnd: boolean) => boolean,
  host: SignalHost,
): Promise<EndingSignal | undefined> {
  let signal: EndingSignal | undefined;
  using _watch = watchSignals((caught) => {
    signal ??= caught;
  }, host);
  let turnEnd = 0;
  while (step(signal !== undefined)) {
    if (performance.now() < turnEnd) continue;
    await setImmediate();
    turnEnd = performance.now() + TURN;
  }
  return signal;
}

/**
 * Die of a signal, as a shell expects of a program that was interrupted. Remove all handlers of the signal before.
 *
 * @returns 128 + n, if the signal does not end the process
 */
export function dieOf(signal: EndingSignal, host: SignalHost): number {
  host.kill(signal);
  return 128 + constants.signals[signal];
}
