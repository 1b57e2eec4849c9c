import type { Output } from '@e2image/sparse-io';
import { MemorySink } from '@e2image/sparse-io/testing';
import { fakeSignals } from '../testing.ts';
import { SignalGuard } from '../world/signals.ts';
import { openGuarded, writeOutput } from './write-output.ts';

const output = (overrides: Partial<Output> = {}): Output & { readonly sink: MemorySink } => ({
  kind: 'partial-file',
  existed: false,
  isTerminal: false,
  ...overrides,
  sink: new MemorySink(),
});

describe('openGuarded', () => {
  test('cleans up when the signal comes after the file was made and before it is filled', async () => {
    const signals = fakeSignals();
    const target = output();
    const opened = await openGuarded(async () => target, new SignalGuard(signals));
    signals.deliver('SIGTERM');
    expect([target.sink.state, signals.killed, opened.sink]).toEqual(['aborted', ['SIGTERM'], target.sink]);
  });

  test('a signal while it opens ends the program', async () => {
    const signals = fakeSignals();
    await openGuarded(async () => {
      signals.deliver('SIGINT');
      return output();
    }, new SignalGuard(signals));
    expect(signals.killed).toEqual(['SIGINT']);
  });

  test('and then writeOutput takes over: one set of handlers, none left', async () => {
    const signals = fakeSignals();
    const opened = await openGuarded(async () => output(), new SignalGuard(signals));
    await writeOutput(opened, async () => expect(signals.handlers.size).toBe(3), new SignalGuard(fakeSignals()));
    expect(signals.handlers.size).toBe(0);
  });

  test.each([['stream'], ['block-device'], ['in-place']] as const)('no handler stays for a %s', async (kind) => {
    const signals = fakeSignals();
    await openGuarded(async () => output({ kind }), new SignalGuard(signals));
    expect(signals.handlers.size).toBe(0);
  });

  test('nor when it cannot be opened', async () => {
    const signals = fakeSignals();
    const opening = openGuarded(() => Promise.reject(new Error('no')), new SignalGuard(signals));
    await expect(opening).rejects.toThrow('no');
    expect(signals.handlers.size).toBe(0);
  });
});

describe('writeOutput', () => {
  test('gives what the filling gives, and leaves no handler', async () => {
    const signals = fakeSignals();
    const target = output();
    const fill = async (): Promise<number> => {
      expect(signals.handlers.size).toBe(3);
      await target.sink.finish(5);
      return 7;
    };
    expect(await writeOutput(target, fill, new SignalGuard(signals))).toBe(7);
    expect([signals.handlers.size, target.sink.state]).toEqual([0, 'finished']);
  });

  test('aborts when the filling throws', async () => {
    const signals = fakeSignals();
    const target = output();
    const fill = async (): Promise<void> => {
      throw new Error('torn');
    };
    await expect(writeOutput(target, fill, new SignalGuard(signals))).rejects.toThrow('torn');
    expect([target.sink.state, signals.handlers.size]).toEqual(['aborted', 0]);
  });

  test('aborts at a signal, then dies of it', async () => {
    const signals = fakeSignals();
    const target = output();
    await writeOutput(target, async () => signals.deliver('SIGTERM'), new SignalGuard(signals));
    expect([target.sink.state, signals.killed]).toEqual(['aborted', ['SIGTERM']]);
  });

  test('catches no signal for an output that leaves nothing behind', async () => {
    const signals = fakeSignals();
    const stream = output({ kind: 'stream' });
    await writeOutput(stream, async () => expect(signals.handlers.size).toBe(0), new SignalGuard(signals));
  });
});
