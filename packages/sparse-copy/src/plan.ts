import { CliError, type Parsed, printable, refuseOverlap, usageError } from '@e2image/cli';
import { type DiskView, realDisks, type ZeroMethod } from '@e2image/sparse-io';
import type { TABLE } from './table.ts';

/** What to copy, fully decided. Nothing is open yet. */
export interface CopyPlan {
  /** A path; `-` is standard input. */
  readonly source: string;
  /** A path; `-` is standard output. */
  readonly target: string;
  /** How zeros are written; undefined: the default of the kind of target. */
  readonly zero: ZeroMethod | undefined;
  /** Whether the copy may go to a terminal. */
  readonly isForced: boolean;
  readonly isProgressWanted: boolean;
}

const METHODS: readonly ZeroMethod[] = ['hole', 'punch', 'write', 'discard'];

/**
 * Decide everything that can be decided before a file is opened.
 *
 * @throws CliError CLI_USAGE; CLI_REFUSED when source and target share bytes, or the target cannot make zeros that way
 */
export function planCopy(parsed: Parsed<typeof TABLE>, disks: DiskView = realDisks): CopyPlan {
  const [source, target] = parsed.operands;
  if (source === undefined || target === undefined || parsed.operands.length > 2) throw usageError();
  const zero = parsed.value('zero');
  const method = METHODS.find((known) => known === zero);
  if (zero !== undefined && method === undefined) throw usageError(`unknown way to make zeros '${printable(zero)}'`);
  refuseOverlap({ path: source }, { path: target }, disks);
  const isDevice = disks.identify(target)?.kind === 'block-device';
  if (isDevice && method === 'hole') {
    throw new CliError('CLI_REFUSED', 'a block device has no holes: use --zero=punch, write or discard');
  }
  if (!isDevice && method === 'discard') throw new CliError('CLI_REFUSED', '--zero=discard needs a block device');
  const [isForced, isProgressWanted] = [parsed.flag('force'), parsed.flag('progress')];
  return { source, target, zero: method, isForced, isProgressWanted };
}
