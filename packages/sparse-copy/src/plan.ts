import { CliError, printable, refuseOverlap, usageError } from '@e2image/cli';
import { type DiskView, realDisks, type ZeroMethod } from '@e2image/sparse-io';

/** What to copy, decided; nothing was opened yet. */
export interface CopyPlan {
  /** A path; `-` is standard input. */
  readonly source: string;
  /** A path; `-` is standard output. */
  readonly target: string;
  /** How zeros get into the target; undefined leaves it to the kind of target. */
  readonly zero: ZeroMethod | undefined;
  /** Write to a terminal, too. */
  readonly isForced: boolean;
}

/** What was typed. */
export interface CopyRequest {
  readonly operands: readonly string[];
  readonly zero: string | undefined;
  readonly isForced: boolean;
}

const METHODS: readonly ZeroMethod[] = ['hole', 'punch', 'write', 'discard'];

/**
 * Decide everything that can be decided before a file is opened.
 *
 * @throws CliError CLI_USAGE, CLI_REFUSED: same file, ways to make zeros that the target has not, binary to a terminal
 */
export function planCopy({ operands, zero, isForced }: CopyRequest, disks: DiskView = realDisks): CopyPlan {
  const [source, target] = operands;
  if (source === undefined || target === undefined || operands.length > 2) throw usageError();
  const method = METHODS.find((known) => known === zero);
  if (zero !== undefined && method === undefined) throw usageError(`unknown way to make zeros '${printable(zero)}'`);
  refuseOverlap({ path: source }, { path: target }, disks);
  const isDevice = disks.identify(target)?.kind === 'block-device';
  if (isDevice && method === 'hole') {
    throw new CliError('CLI_REFUSED', 'a block device has no holes: use --zero=punch, write or discard');
  }
  if (!isDevice && method === 'discard') throw new CliError('CLI_REFUSED', '--zero=discard needs a block device');
  return { source, target, zero: method, isForced };
}
