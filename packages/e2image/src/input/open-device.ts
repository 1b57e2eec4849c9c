import { CliError, codeOf, isCliError, mountState, realMounts, say, type World } from '@e2image/cli';
import { type OpenDisk, openDisk } from '@e2image/disk-image';
import { withoutFile } from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';
import { refuseInput } from './guards.ts';

/**
 * Open the source of a plan: a device, a file, a QCOW2 image, or standard input, which is spooled when it cannot seek.
 *
 * @throws CliError CLI_FAILED in the C tool's words
 */
export async function openDevice(plan: SavePlan, world: World): Promise<OpenDisk> {
  try {
    const disk = await openDisk(plan.device, {
      spool: spoolOptions(plan, world),
      isAroundCache: true,
      // The boot sector of a failing disk says nothing of the file system after it.
      isRawIfUnreadable: true,
      chain: { onFile: (path) => refuseInput({ path }, plan) },
    });
    return disk.format === 'raw' && isMounted(plan, world) ? { ...disk, source: withoutFile(disk.source) } : disk;
  } catch (error) {
    throw openFailed(error);
  }
}

/** A pipe cannot be read twice: it is spooled, and with -p the user is informed. */
function spoolOptions({ isProgressWanted, spoolFolder }: SavePlan, world: World) {
  return {
    ...(spoolFolder !== undefined && { folder: spoolFolder }),
    ...(isProgressWanted && { onSpool: () => say(world, 'the source cannot seek: it is spooled first') }),
  };
}

/** Pages of a mounted source that were passed on inside the kernel could change before their reader looks. */
function isMounted({ device }: SavePlan, world: World): boolean {
  return device !== '-' && mountState(device, realMounts(world.env)).isMounted;
}

/** The C tool adds a second line, on standard output; ours keeps that free for images. */
function openFailed(error: unknown): unknown {
  if (!isCliError(error) || error.code !== 'CLI_FAILED') return error;
  // No room for a spool says nothing of the file system.
  const isSpoolFull = codeOf(error.cause) === 'SPARSE_SPOOL_FULL';
  const more = isSpoolFull ? '; --spool names another folder' : "\nCouldn't find valid filesystem superblock.";
  return new CliError('CLI_FAILED', `${error.message}${more}`, { cause: error.cause });
}
