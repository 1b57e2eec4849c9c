import { printable, refuseOverlap, usageError } from '@e2image/cli';
import { type DiskView, realDisks } from '@e2image/sparse-io';

/** What to scramble, decided; nothing was opened yet. */
export interface ScramblePlan {
  /** A path; `-` is standard input. */
  readonly image: string;
  /** A path; `-` is standard output. */
  readonly out: string;
  /** undefined: that of the input. */
  readonly format: 'raw' | 'qcow2' | undefined;
  readonly index: 'fresh' | 'keep';
  /** File with the key; undefined for one that nobody knows. */
  readonly keyFile: string | undefined;
  readonly isProgressWanted: boolean;
  /** Write to a terminal, too. */
  readonly isForced: boolean;
  /** Folder for the spool of an image from a pipe; undefined: $TMPDIR. */
  readonly spoolFolder?: string | undefined;
}

/** What was typed. */
export interface ScrambleRequest {
  readonly operands: readonly string[];
  readonly format: string | undefined;
  readonly index: string | undefined;
  readonly keyFile: string | undefined;
  readonly isProgressWanted: boolean;
  readonly isForced: boolean;
  readonly spoolFolder?: string | undefined;
}

/**
 * Decide everything that can be decided before a file is opened.
 *
 * @throws CliError CLI_USAGE, CLI_REFUSED when both are the same file or disk
 */
export function planScramble(request: ScrambleRequest, disks: DiskView = realDisks): ScramblePlan {
  const [image, out] = request.operands;
  if (image === undefined || out === undefined || request.operands.length > 2) throw usageError();
  const { format, index = 'fresh', keyFile, isProgressWanted, isForced, spoolFolder } = request;
  if (format !== undefined && format !== 'raw' && format !== 'qcow2') {
    throw usageError(`unknown format '${printable(format)}'`);
  }
  if (index !== 'fresh' && index !== 'keep') throw usageError(`unknown form of index '${printable(index)}'`);
  refuseOverlap({ path: image }, { path: out }, disks);
  return { image, out, format, index, keyFile, isProgressWanted, isForced, spoolFolder };
}
