import { type ChildProcess, execFileSync, type StdioOptions, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { commandLine, type Runtime, type Tool } from './oracle.ts';

/** How a program that was left running ended. */
export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds from the signal to the end. */
  readonly after: number;
  readonly stderr: string;
}

/** A command of ours that runs until a signal ends it. */
export interface Running {
  readonly child: ChildProcess;
  /** Send a signal and wait for the end. */
  end(signal: NodeJS.Signals): Promise<Ending>;
}

/** Start a command of ours without waiting for it. */
export function start(
  tool: Tool,
  args: readonly string[],
  { runtime, stdio, cwd }: { readonly runtime: Runtime; readonly stdio?: StdioOptions; readonly cwd?: string },
): Running {
  const [program, ...leading] = commandLine(tool, runtime);
  const child = spawn(program, [...leading, ...args], { stdio: stdio ?? ['ignore', 'ignore', 'pipe'], cwd });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null; at: number }>((resolve) => {
    child.on('exit', (status, signal) => resolve({ status, signal, at: performance.now() }));
  });
  return {
    child,
    async end(sent) {
      const from = performance.now();
      child.kill(sent);
      const { status, signal, at } = await ended;
      return { status, signal, after: at - from, stderr };
    },
  };
}

/**
 * Milliseconds within which a signal must end a run. The promise is 100; a busy machine can break it, so only the long
 * run (E2E_ALL) holds a command to it. Otherwise the limit finds a command that does not listen at all.
 */
const PROMPT = process.env['E2E_ALL'] ? 100 : 3000;
/** A busy machine may be late once; a program that does not listen is late each time. */
const TRIES = 5;

/** Run a scene until a signal was answered in time. @returns how it ended, in time or at the last try */
export async function prompt(scene: () => Promise<Ending>): Promise<Ending> {
  for (let tries = 1; ; tries++) {
    const ending = await scene();
    if (ending.after > PROMPT && tries < TRIES) continue;
    expect(ending.after).toBeLessThanOrEqual(PROMPT);
    return ending;
  }
}

/** Wait until something is so. @throws Error after ten seconds */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await setTimeout(2);
  }
}

/** Make a FIFO. */
export function makeFifo(path: string): void {
  execFileSync('mkfifo', [path]);
}
