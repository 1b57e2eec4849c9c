import type { Output, Sink } from '@e2image/sparse-io';
import { SignalGuard } from '../world/signals.ts';

/** An output whose partial file a signal handler removes, installed before opening. */
export interface GuardedOutput extends Output {
  /** Remove that handler; `writeOutput` calls it. */
  readonly unguard: () => void;
}

/**
 * Open an output so that no signal can leave a partial file: `writeOutput` installs its handlers after the file was made.
 *
 * @param open makes at most one file, as `openOutput` does
 * @throws what `open` throws
 */
export async function openGuarded(
  open: () => Promise<Output>,
  guard: SignalGuard = new SignalGuard(),
): Promise<GuardedOutput> {
  let output: Output | undefined;
  const cleanup = guard.add(() => output?.sink.abort());
  const unguard = (): void => cleanup[Symbol.dispose]();
  try {
    output = await open();
    return { ...output, unguard };
  } finally {
    // Only a partial file must be removed. For the others the system's default works, also during a blocked write.
    if (output?.kind !== 'partial-file') unguard();
  }
}

/**
 * Fill an open output so that it is never left incomplete: any error of `fill`, and every ending signal, aborts it.
 * `fill` calls `sink.finish` itself.
 *
 * @returns what `fill` returns
 * @throws what `fill` throws
 */
export async function writeOutput<T>(
  output: Output | GuardedOutput,
  fill: (sink: Sink) => Promise<T>,
  guard: SignalGuard = new SignalGuard(),
): Promise<T> {
  const { sink } = output;
  const isGuarded = 'unguard' in output;
  const cleanup = output.kind === 'partial-file' && !isGuarded ? guard.add(() => sink.abort()) : undefined;
  try {
    return await fill(sink);
  } catch (error) {
    sink.abort();
    throw error;
  } finally {
    cleanup?.[Symbol.dispose]();
    if (isGuarded) output.unguard();
  }
}
