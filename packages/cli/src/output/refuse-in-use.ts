import { CliError } from '../world/errors.ts';
import { type MountState, type MountView, mountState } from '../world/mounted.ts';
import { printable } from './printable.ts';

/** How a device or file is in use, as the end of a message after its name; undefined when it is free. */
export function describeUse({ isSwap, isMounted, isBusy, mountPoint }: MountState): string | undefined {
  if (isSwap) return 'is in use as swap';
  if (isMounted) return `is mounted${mountPoint === undefined ? '' : ` on ${printable(mountPoint)}`}; unmount it first`;
  return isBusy ? 'is in use by another program or device' : undefined;
}

/**
 * Refuse to write to a device, or to a file that a loop device shows, while it is mounted, used as swap or held.
 *
 * @throws CliError CLI_REFUSED; CLI_FAILED as `mountState`
 */
export function refuseInUse(path: string, view: MountView): void {
  const use = describeUse(mountState(path, view));
  if (use !== undefined) throw new CliError('CLI_REFUSED', `${printable(path)} ${use}`);
}
