import { codeOf } from '@e2image/sparse-io';
import { CliError, isCliError } from '../world/errors.ts';
import { EXIT } from '../world/exit-status.ts';
import { isSystemError, strerror } from '../world/strerror.ts';
import type { World } from '../world/world.ts';
import { printable } from './printable.ts';

/** One message line for people: `PROG: text`. Control characters in it are made visible. */
export function say(world: World, text: string): void {
  world.stderr(`${world.program}: ${printable(text)}\n`);
}

/**
 * What went wrong, as text: strerror's for a system error, the message of a library or command error; undefined for
 * anything else, which is a bug of ours.
 */
export function reasonOf(error: unknown): string | undefined {
  if (isSystemError(error)) return strerror(error);
  const code = codeOf(error);
  // Node's own ERR_ codes report wrong arguments: a bug of ours.
  if (code === undefined || code.startsWith('ERR_') || !(typeof error === 'object' && error !== null)) return undefined;
  return 'message' in error ? String(error.message) : code;
}

/**
 * Add to an error what was being done when it happened, in the C tool's order: `No space left on device while trying to open x`.
 * A bug is returned unchanged, so that it is reported as one.
 *
 * @param doing begins with `while`; control characters in it are made visible here
 */
export function failed(error: unknown, doing: string): unknown {
  const reason = reasonOf(error);
  // A closed pipe ends a program by its signal, whatever it was doing.
  if (reason === undefined || codeOf(error) === 'EPIPE') return error;
  return new CliError('CLI_FAILED', printable(`${reason} ${doing}`), { cause: error });
}

/** Whether an error of a copy is about its source: a failed read, or a read past the end of the source. */
export function isReadError(error: unknown): boolean {
  const syscall = typeof error === 'object' && error !== null && 'syscall' in error ? error.syscall : undefined;
  return syscall === 'read' || codeOf(error) === 'SPARSE_SHORT_READ';
}

/**
 * Print the error that ended a command.
 *
 * @param usage the usage text, shown after a CLI_USAGE error
 * @returns the exit status
 */
export function reportError(error: unknown, world: World, usage: string): number {
  if (isCliError(error)) {
    if (error.message !== '') world.stderr(`${error.isBare ? '' : `${world.program}: `}${error.message}\n`);
    if (error.code === 'CLI_USAGE') world.stderr(usage);
    trace(error, world);
    return error.status;
  }
  const reason = reasonOf(error);
  if (reason !== undefined) say(world, `${reason}${placeOf(error)}`);
  else say(world, `internal error: ${firstLine(error)}; this is a bug (E2IMAGE_DEBUG=1 shows where)`);
  trace(error, world);
  return EXIT.failed;
}

/** The file that a system error is about, if Node gives it. */
function placeOf(error: unknown): string {
  const path = typeof error === 'object' && error !== null && 'path' in error ? error.path : undefined;
  return typeof path === 'string' && isSystemError(error) ? `: ${path}` : '';
}

function firstLine(error: unknown): string {
  return String(error).split('\n', 1)[0] ?? '';
}

function trace(error: unknown, world: World): void {
  if (world.env['E2IMAGE_DEBUG'] !== '1') return;
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : String(error);
  world.stderr(`${stack}\n`);
}
