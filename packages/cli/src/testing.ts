import type { SignalHost } from './world/signals.ts';
import type { World } from './world/world.ts';

/** A world that records what is printed. */
export interface FakeWorld extends World {
  /** Everything printed so far. */
  readonly said: { stderr: string; stdout: string };
  /** Milliseconds since the fake epoch; set it to let time pass. */
  readonly clock: { now: number };
}

/** A world for tests: no terminal, an empty environment, a clock that does not advance by itself. */
export function fakeWorld(overrides: Partial<World> = {}): FakeWorld {
  const said = { stderr: '', stdout: '' };
  const clock = { now: 0 };
  return {
    program: 'prog',
    env: {},
    stderrIsTerminal: false,
    stdoutIsTerminal: false,
    randomBytes: (length) => new Uint8Array(length),
    ...overrides,
    said,
    clock,
    stderr(text) {
      said.stderr += text;
    },
    stdout(text) {
      said.stdout += text;
    },
    now: () => new Date(clock.now),
  };
}

/** Signals for tests: installed handlers, signals that were sent, and a way to deliver one. */
export interface FakeSignals extends SignalHost {
  readonly handlers: Map<NodeJS.Signals, Set<() => void>>;
  readonly killed: NodeJS.Signals[];
  /** The signals that the fake process ignores from its start; add to it. */
  readonly ignored: Set<NodeJS.Signals>;
  deliver(signal: NodeJS.Signals): void;
}

/** A process whose signals go nowhere. */
export function fakeSignals(): FakeSignals {
  const handlers = new Map<NodeJS.Signals, Set<() => void>>();
  const killed: NodeJS.Signals[] = [];
  const ignored = new Set<NodeJS.Signals>();
  const of = (signal: NodeJS.Signals): Set<() => void> => handlers.get(signal) ?? new Set();
  return {
    handlers,
    killed,
    ignored,
    isIgnored: (signal) => ignored.has(signal),
    on: (signal, handler) => void handlers.set(signal, of(signal).add(handler)),
    off(signal, handler) {
      of(signal).delete(handler);
      if (of(signal).size === 0) handlers.delete(signal);
    },
    kill: (signal) => void killed.push(signal),
    deliver(signal) {
      for (const handler of of(signal)) handler();
    },
  };
}
