import { fakeSignals } from '../testing.ts';
import { diePiped, ENDING_SIGNALS, isIgnoredIn, SignalGuard, watchSignals } from './signals.ts';

describe('SignalGuard', () => {
  test('installs nothing while there is nothing to clean up', () => {
    const signals = fakeSignals();
    const guard = new SignalGuard(signals);
    expect(signals.handlers.size).toBe(0);
    const cleanup = guard.add(() => undefined);
    expect([...signals.handlers.keys()]).toEqual([...ENDING_SIGNALS]);
    cleanup[Symbol.dispose]();
    expect(signals.handlers.size).toBe(0);
  });

  test.each(ENDING_SIGNALS)('%s: cleans up, last first, and dies of that signal with no handler left', (signal) => {
    const signals = fakeSignals();
    const done: string[] = [];
    const guard = new SignalGuard({
      ...signals,
      kill: (sent) => void done.push(`${sent} with ${signals.handlers.size} handlers`),
    });
    guard.add(() => done.push('first'));
    guard.add(() => done.push('second'));
    signals.deliver(signal);
    expect(done).toEqual(['second', 'first', `${signal} with 0 handlers`]);
  });

  test('a cleanup that was taken out does not run', () => {
    const signals = fakeSignals();
    const guard = new SignalGuard(signals);
    const done: string[] = [];
    const gone = guard.add(() => done.push('gone'));
    guard.add(() => done.push('kept'));
    gone[Symbol.dispose]();
    gone[Symbol.dispose]();
    signals.deliver('SIGTERM');
    expect(done).toEqual(['kept']);
  });
});

test('watchSignals calls the handler, and the process continues', () => {
  const signals = fakeSignals();
  const seen: string[] = [];
  const watch = watchSignals((signal) => seen.push(signal), signals);
  signals.deliver('SIGINT');
  signals.deliver('SIGINT');
  watch[Symbol.dispose]();
  signals.deliver('SIGINT');
  expect([seen, signals.killed, signals.handlers.size]).toEqual([['SIGINT', 'SIGINT'], [], 0]);
});

test('a signal that was ignored from the start stays ignored', () => {
  const signals = fakeSignals();
  signals.ignored.add('SIGHUP');
  new SignalGuard(signals).add(() => undefined);
  expect([...signals.handlers.keys()]).toEqual(['SIGINT', 'SIGTERM']);
});

test.each([
  ['SIGHUP', '0000000001001001', true],
  ['SIGINT', '0000000001001001', false],
  ['SIGTERM', '0000000000004000', true],
  ['SIGTERM', '0000400000000000', false],
  ['SIGHUP', '', false],
] as const)('%s and the mask %j: ignored %p', (signal, mask, isIgnored) => {
  expect(
    isIgnoredIn(`Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t${mask}\nSigCgt:\t0000000000000000\n`, signal),
  ).toBe(isIgnored);
});

test('diePiped brings the default of SIGPIPE back before it sends it', () => {
  const signals = fakeSignals();
  expect([diePiped(signals), signals.killed, signals.handlers.size]).toEqual([141, ['SIGPIPE'], 0]);
});
