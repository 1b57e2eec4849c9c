import { codeOf } from '@e2image/sparse-io';

/** Every code of a CliError. Library and system errors keep their own codes. */
export type CliErrorCode =
  /** The options or operands are wrong: the usage text follows the message. */
  | 'CLI_USAGE'
  /** A text is not a number, or the number is out of its range. */
  | 'CLI_BAD_NUMBER'
  /** The options are correct, but the command refuses what they ask for. */
  | 'CLI_REFUSED'
  /** Something failed; `cause` is the original error. */
  | 'CLI_FAILED';

/** How the message is shown. */
export interface CliErrorOptions {
  /** Whether `PROG: ` is left out, as in some messages of the C tool. */
  readonly isBare?: boolean;
  /** Exit status. Default 1. */
  readonly status?: number;
  readonly cause?: unknown;
}

/**
 * What a command throws to stop with a message and an exit status.
 *
 * The message is one line, or several where the C tool prints several; text from outside in it must have passed
 * `printable`. An empty message with CLI_USAGE shows the usage text alone.
 */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly isBare: boolean;
  readonly status: number;

  constructor(code: CliErrorCode, message: string, { isBare = false, status = 1, cause }: CliErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.isBare = isBare;
    this.status = status;
  }
}

/** A usage error: `message` (may be empty), then the usage text, then exit status 1. */
export function usageError(message = ''): CliError {
  return new CliError('CLI_USAGE', message);
}

/** True for a CliError from any copy of this package. */
export function isCliError(error: unknown): error is CliError {
  return typeof error === 'object' && error !== null && 'isBare' in error && codeOf(error)?.startsWith('CLI_') === true;
}
