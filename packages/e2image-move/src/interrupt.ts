import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { type EndingSignal, type SignalHost, watchSignals } from '@e2image/cli';

/**
 * Take steps until there are no more or a signal asks to end. A signal waits for the step that is under way, and is
 * seen between two of them, where the stack is given up.
 *
 * @param step returns whether to go on
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
  while (step(signal !== undefined)) await setImmediate();
  return signal;
}

/**
 * Die of a signal, as a shell expects of a program that was interrupted. Nothing may watch it any more.
 *
 * @returns 128 + n, for the case that the signal does not end the process
 */
export function dieOf(signal: EndingSignal, host: SignalHost): number {
  host.kill(signal);
  return 128 + constants.signals[signal];
}
