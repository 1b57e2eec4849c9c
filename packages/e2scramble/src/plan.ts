import { type Parsed, printable, refuseOverlap, usageError } from '@e2image/cli';
import { type DiskView, realDisks } from '@e2image/sparse-io';
import type { TABLE } from './table.ts';

/** What to scramble, fully decided. Nothing is open yet. */
export interface ScramblePlan {
  /** A path; `-` is standard input. */
  readonly image: string;
  /** A path; `-` is standard output. */
  readonly out: string;
  /** Undefined: that of the input. */
  readonly format: 'raw' | 'qcow2' | undefined;
  readonly index: 'fresh' | 'keep';
  /** File with the key; undefined: a random key that is forgotten. */
  readonly keyFile: string | undefined;
  readonly isProgressWanted: boolean;
  /** Whether the image may go to a terminal. */
  readonly isForced: boolean;
  /** Folder for the spool of an image from a pipe; undefined: $TMPDIR. */
  readonly spoolFolder: string | undefined;
}

/**
 * Decide everything that can be decided before a file is opened.
 *
 * @throws CliError CLI_USAGE, CLI_REFUSED when both are the same file or disk
 */
export function planScramble(parsed: Parsed<typeof TABLE>, disks: DiskView = realDisks): ScramblePlan {
  const [image, out] = parsed.operands;
  if (image === undefined || out === undefined || parsed.operands.length > 2) throw usageError();
  const format = parsed.value('format');
  const index = parsed.value('index') ?? 'fresh';
  if (format !== undefined && format !== 'raw' && format !== 'qcow2') {
    throw usageError(`unknown format '${printable(format)}'`);
  }
  if (index !== 'fresh' && index !== 'keep') throw usageError(`unknown form of index '${printable(index)}'`);
  refuseOverlap({ path: image }, { path: out }, disks);
  return {
    image,
    out,
    format,
    index,
    keyFile: parsed.value('key'),
    isProgressWanted: parsed.flag('progress'),
    isForced: parsed.flag('force'),
    spoolFolder: parsed.value('spool'),
  };
}
