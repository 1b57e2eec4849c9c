import type { Output, Sink } from '@e2image/sparse-io';
import { CliError } from './errors.ts';
import { say } from './report.ts';
import { SignalGuard } from './signals.ts';
import type { World } from './world.ts';

/**
 * Fill an open output so that it is never left half-made: whatever `fill` throws, and every ending signal, aborts it.
 * `fill` calls `sink.finish` itself.
 *
 * @returns what `fill` returns
 * @throws what `fill` throws
 */
export async function writeOutput<T>(
  output: Output,
  fill: (sink: Sink) => Promise<T>,
  guard: SignalGuard = new SignalGuard(),
): Promise<T> {
  const { sink } = output;
  // Only a partial file leaves anything behind; with the others nothing is installed and the default death applies.
  const cleanup = output.kind === 'partial-file' ? guard.add(() => sink.abort()) : undefined;
  try {
    return await fill(sink);
  } catch (error) {
    sink.abort();
    throw error;
  } finally {
    cleanup?.[Symbol.dispose]();
  }
}

/** Warn when an output is written in place, though nobody asked for it: an interruption leaves it half-made. */
export function warnInPlace(output: Output, path: string, world: World): void {
  const reason = output.inPlaceReason;
  if (reason === undefined || reason === 'kept') return;
  const why = {
    'hard-links': 'it has several names',
    folder: 'its folder takes no new file',
    'mount-point': 'it is a mount point',
  }[reason];
  say(world, `${path} is written in place, as ${why}: an interruption will leave it incomplete`);
}

/**
 * Keep image bytes off a terminal.
 *
 * @throws CliError CLI_REFUSED when the output is one and nobody forced it
 */
export function refuseTerminal(output: Output, { isForced = false }: { isForced?: boolean } = {}): void {
  if (!output.isTerminal || isForced) return;
  throw new CliError('CLI_REFUSED', 'image data is not written to a terminal; redirect it, or use --force');
}
