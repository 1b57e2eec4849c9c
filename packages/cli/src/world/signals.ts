import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** The signals that ask a program to end. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One of them. */
export type EndingSignal = (typeof ENDING_SIGNALS)[number];

/** The signals of a process; a test passes a fake. */
export interface SignalHost {
  on(signal: NodeJS.Signals, handler: () => void): void;
  off(signal: NodeJS.Signals, handler: () => void): void;
  /** Send a signal to this very process. */
  kill(signal: NodeJS.Signals): void;
  /** Whether the process was started with a signal ignored, as by nohup(1). */
  isIgnored(signal: NodeJS.Signals): boolean;
}

/** The signals of the running process. */
export const processSignals: SignalHost = {
  on: (signal, handler) => void process.on(signal, handler),
  off: (signal, handler) => void process.off(signal, handler),
  kill: (signal) => void process.kill(process.pid, signal),
  isIgnored: (signal) => isIgnoredIn(statusOfSelf(), signal),
};

/**
 * Whether a process ignores a signal, by its status text. Source: proc_pid_status(5), `SigIgn`, a mask in hexadecimal.
 * Node resets ignored signals when it starts; the standalone executable keeps them ignored.
 */
export function isIgnoredIn(status: string, signal: NodeJS.Signals): boolean {
  const mask = /^SigIgn:\s*[\da-f]*([\da-f]{8})$/m.exec(status)?.[1] ?? '0';
  const bit = constants.signals[signal] - 1;
  return bit < 32 && ((Number.parseInt(mask, 16) >>> bit) & 1) === 1;
}

function statusOfSelf(): string {
  try {
    return readFileSync('/proc/self/status', 'latin1');
  } catch {
    return '';
  }
}

/**
 * Call `handler` for each ending signal, which then does not end the process. Handlers run when the program yields to
 * the event loop: between batches. A signal that was ignored from the start stays ignored.
 *
 * @returns stops listening when disposed
 */
export function watchSignals(handler: (signal: EndingSignal) => void, host: SignalHost = processSignals): Disposable {
  const wanted = ENDING_SIGNALS.filter((signal) => !host.isIgnored(signal));
  const handlers = wanted.map((signal) => [signal, () => handler(signal)] as const);
  for (const [signal, listener] of handlers) host.on(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [signal, listener] of handlers) host.off(signal, listener);
    },
  };
}

/**
 * Cleanups that must run before a signal may end the process.
 *
 * While there are cleanups, signals are caught: the cleanups run, the last one added first, and then the process dies
 * of that same signal, as a shell expects. Without cleanups no handler is installed, so that the system's default
 * works even when the program is blocked in a write.
 */
export class SignalGuard {
  readonly #host: SignalHost;
  readonly #cleanups: (() => void)[] = [];
  #watch: Disposable | undefined;

  constructor(host: SignalHost = processSignals) {
    this.#host = host;
  }

  /**
   * Add a cleanup: synchronous, quick, and it never throws (as `Sink.abort`).
   *
   * @returns removes the cleanup when disposed
   */
  add(cleanup: () => void): Disposable {
    this.#cleanups.push(cleanup);
    this.#watch ??= watchSignals((signal) => this.#die(signal), this.#host);
    return {
      [Symbol.dispose]: () => {
        const at = this.#cleanups.indexOf(cleanup);
        if (at >= 0) this.#cleanups.splice(at, 1);
        if (this.#cleanups.length === 0) this.#unwatch();
      },
    };
  }

  #unwatch(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  #die(signal: EndingSignal): void {
    for (const cleanup of this.#cleanups.splice(0).reverse()) cleanup();
    this.#unwatch();
    this.#host.kill(signal);
  }
}

/**
 * Die of SIGPIPE, as a Unix program whose reader closed the pipe. The runtime ignores that signal; installing and
 * removing a handler restores the system's default.
 *
 * @returns 141 if the signal did not end the process
 */
export function diePiped(host: SignalHost = processSignals): number {
  const nothing = (): void => undefined;
  host.on('SIGPIPE', nothing);
  host.off('SIGPIPE', nothing);
  host.kill('SIGPIPE');
  return SIGPIPE_STATUS;
}

/** 128 + 13: what a shell reports for a program that died of SIGPIPE. */
const SIGPIPE_STATUS = 141;
