import { FileSource, type Output, type OutputOptions, openOutput, openStandardOutput } from '@e2image/sparse-io';
import { CliError, isCliError } from '../world/errors.ts';
import { type MountView, realMounts } from '../world/mounted.ts';
import { SignalGuard } from '../world/signals.ts';
import type { World } from '../world/world.ts';
import { refuseInUse } from './refuse-in-use.ts';
import { failed, say } from './report.ts';
import { tooSmall } from './too-small.ts';
import { type GuardedOutput, openGuarded } from './write-output.ts';

/** How to open a target; of sparse-io: how zeros are made, whether old contents are kept, where the partial file is. */
export interface TargetOptions extends OutputOptions {
  /** Write to a terminal, too. */
  readonly isForced?: boolean;
  /** Bytes that will be written, counted from the start of the target; undefined where nobody knows, as for a stream. */
  readonly size?: number | undefined;
  /** Another way to open it. Default: `openOutput`, and standard output for `-`. */
  readonly open?: (() => Promise<Output>) | undefined;
  /** Removes the partial file when a signal comes before `writeOutput` does. */
  readonly guard?: SignalGuard;
}

/** What is asked of the system before a target is opened; a test passes a made-up one. */
export interface TargetView extends MountView {
  /** Bytes of a block device; undefined for everything else, and where it cannot be read. */
  deviceSize(path: string): number | undefined;
}

/**
 * Open what a command writes to, after everything else that can be refused. Refused before it is opened: a device that
 * is mounted, used as swap or held, and one that is too small. Refused before anything is written: a terminal. The user
 * is warned when an existing file must be written in place.
 *
 * @param path `-` is standard output
 * @returns the output, for `writeOutput`
 * @throws CliError CLI_REFUSED; CLI_FAILED with the path when it cannot be opened
 */
export async function openTarget(
  path: string,
  world: World,
  { isForced = false, size, open, guard = new SignalGuard(), ...options }: TargetOptions = {},
  view: TargetView = realTargets(world),
): Promise<GuardedOutput> {
  if (path !== '-') {
    refuseInUse(path, view);
    const room = size === undefined ? undefined : view.deviceSize(path);
    if (size !== undefined && room !== undefined && room < size) throw tooSmall(path, { room, needed: size });
  }
  const opening = open ?? (() => (path === '-' ? openStandardOutput(options) : openOutput(path, options)));
  const output = await openGuarded(opening, guard).catch((error: unknown) => {
    throw isCliError(error) ? error : failed(error, `while trying to open ${path}`);
  });
  if (output.isTerminal && !isForced) {
    throw new CliError('CLI_REFUSED', 'image data is not written to a terminal; redirect it, or use --force');
  }
  warnInPlace(output, path, world);
  return output;
}

/** A missing mount table is not an error: then nothing is mounted as far as anybody can know. */
const realTargets = ({ env }: World): TargetView => ({
  ...realMounts({ ...env, EXT2FS_NO_MTAB_OK: '1' }),
  deviceSize,
});

function deviceSize(path: string): number | undefined {
  try {
    using device = FileSource.open(path);
    return device.isBlockDevice ? device.size : undefined;
  } catch (error) {
    // It does not exist, is a pipe, or is not readable: opening it for writing reports what is wrong, if anything is.
    if (failed(error, '') === error) throw error;
    return undefined;
  }
}

/** Warn when an output is written in place without an option that asks for it: an interruption leaves it incomplete. */
function warnInPlace({ inPlaceReason: reason }: Output, path: string, world: World): void {
  if (reason === undefined || reason === 'kept') return;
  const why = {
    'hard-links': 'it has several names',
    folder: 'its folder takes no new file',
    'mount-point': 'it is a mount point',
  }[reason];
  say(world, `${path} is written in place, as ${why}: an interruption will leave it incomplete`);
}
