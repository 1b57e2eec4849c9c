import { type Parsed, parseNumber, usageError } from '@e2image/cli';
import type { MoveRequest } from './open-move.ts';
import type { ResumeRequest } from './open-resume.ts';
import type { TABLE } from './table.ts';

/** How the blocks of a move are copied and shown. */
export interface ResumeOptions {
  readonly isProgressWanted?: boolean;
  /** Zeros replace blocks that cannot be read; default: the first one stops the move. */
  readonly areUnreadableZeroed?: boolean;
}

/** The same for a new move. */
export interface MoveOptions extends ResumeOptions {
  /** Blocks that the new place holds already are not written; their number is printed on standard output, as in C. */
  readonly isCompared?: boolean;
}

/** A move as the command line asks for it. */
export interface MovePlan {
  readonly request: MoveRequest;
  readonly options: MoveOptions;
}

/** The rest of an interrupted move as the command line asks for it. */
export interface ResumePlan {
  readonly request: ResumeRequest;
  readonly options: ResumeOptions;
}

/**
 * The rules of a new move.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER
 */
export function planMove(parsed: Parsed<typeof TABLE>): MovePlan {
  const { device, from, to } = operandOf(parsed);
  if (from === undefined && to === undefined) throw usageError('give -o, -O or both: from where, and to where');
  const request = {
    device,
    from: from ?? 0,
    to: to ?? 0,
    journal: parsed.value('journal'),
    isForced: parsed.flag('force'),
    isDryRun: parsed.flag('dryRun'),
  };
  return { request, options: optionsOf(parsed) };
}

/**
 * The rules of `--resume`.
 *
 * @throws CliError CLI_USAGE, CLI_BAD_NUMBER
 */
export function planResume(parsed: Parsed<typeof TABLE>): ResumePlan {
  if (parsed.flag('dryRun')) throw usageError('-n and --resume exclude each other');
  return { request: { ...operandOf(parsed), journal: parsed.value('journal') }, options: optionsOf(parsed) };
}

const optionsOf = (parsed: Parsed<typeof TABLE>): ResumeOptions => ({
  isProgressWanted: parsed.flag('progress'),
  areUnreadableZeroed: parsed.flag('zeroUnreadable'),
});

/** The operand and the offsets in bytes; undefined for an offset that was not given. */
function operandOf({ operands, value }: Parsed<typeof TABLE>): {
  readonly device: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
} {
  const [device] = operands;
  if (device === undefined || operands.length > 1) throw usageError();
  const offset = (text: string | undefined, what: string): number | undefined =>
    text === undefined ? undefined : parseNumber(text, { what });
  return { device, from: offset(value('from'), 'source offset'), to: offset(value('to'), 'destination offset') };
}
