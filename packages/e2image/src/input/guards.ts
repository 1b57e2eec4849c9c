import { CliError, mountState, printable, realMounts, refuseInUse, refuseOverlap, type World } from '@e2image/cli';
import { isExtError } from '@e2image/ext-core';
import {
  type MmpState,
  readMmp,
  readSuperblock,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
} from '@e2image/ext-core/structures';
import { FileSource, isUnreadable, type PathRange, windowOf } from '@e2image/sparse-io';
import type { SavePlan } from '../plan/save-plan.ts';
import { isBlockDevice } from './block-device.ts';

/**
 * Refuse what would destroy the source or a mounted target, or image a file system that is being written. Call before
 * anything is opened.
 *
 * @throws CliError CLI_REFUSED
 */
export function refuseUnsafe(plan: SavePlan, world: World): void {
  refuseMountedSource(plan, world);
  if (plan.isDryRun || plan.measure !== undefined) return;
  refuseSelf(plan);
  if (plan.image !== '-') refuseInUse(plan.image, realMounts(world.env));
  if (!plan.isForced) refuseMmp(plan);
}

/**
 * Refuse a device whose file system another host uses, or may use, by its MMP block. A file is not refused: an image
 * of a file system that was in use has the same mark, and may be replaced.
 */
function refuseMmp({ image, targetOffset }: SavePlan): void {
  if (!isBlockDevice(image)) return;
  const reason = mmpReason(mmpStateOf(image, targetOffset));
  if (reason === undefined) return;
  throw new CliError('CLI_REFUSED', printable(`${image} holds a file system ${reason}`));
}

/**
 * Why a file system may be in use, as the end of a sentence that it begins.
 *
 * @returns undefined when it is not in use
 */
export function mmpReason(state: MmpState): string | undefined {
  const rest = 'nothing was written; --force if';
  switch (state.kind) {
    case 'absent':
    case 'free':
      return undefined;
    case 'held': {
      const who = `${state.nodeName} (${state.deviceName})`;
      return `that ${who} marks as in use (MMP sequence 0x${state.sequence.toString(16)}); ${rest} the mark is stale`;
    }
    case 'damaged':
      return `whose MMP block ${state.block} is damaged (${state.reason}); ${rest} no host uses it`;
    case 'unreadable':
      return `whose MMP block ${state.block} cannot be read (${state.reason}); ${rest} no host uses it`;
  }
}

function mmpStateOf(path: string, offset: number): MmpState {
  using device = FileSource.open(path);
  const source = windowOf(device, offset);
  try {
    const raw = new Uint8Array(SUPERBLOCK_SIZE);
    source.readAt(raw, SUPERBLOCK_OFFSET);
    return readMmp(source, readSuperblock(raw));
  } catch (error) {
    // Without a readable superblock no host can mount what is on the device.
    if (isExtError(error) || isUnreadable(error)) return { kind: 'absent' };
    throw error;
  }
}

function refuseMountedSource({ device, isMountIgnored }: SavePlan, world: World): void {
  if (isMountIgnored || device === '-') return;
  const { isMounted, isReadOnly } = mountState(device, realMounts(world.env));
  if (!isMounted || isReadOnly) return;
  const text =
    '\nRunning e2image on a R/W mounted filesystem can result in an\n' +
    'inconsistent image which will not be useful for debugging purposes.\n' +
    'Use -f option if you really want to do that.';
  // C asks only for raw and QCOW2 images; a normal image of a file system that is being written is as bad.
  throw new CliError('CLI_REFUSED', text, { isBare: true });
}

/** Source and target must not share bytes. A file that is replaced as a whole must not be the source at all. */
function refuseSelf(plan: SavePlan): void {
  const { device, sourceOffset, targetOffset } = plan;
  refuseInput({ path: device, offset: sourceOffset }, plan);
  if (targetOffset === 0) refuseInput({ path: device }, plan);
}

/**
 * Refuse to read a file that shares bytes with the target: the source, or a backing or data file of a QCOW2 image.
 *
 * @throws CliError CLI_REFUSED
 */
export function refuseInput(input: PathRange, { image, targetOffset, isDryRun, measure }: SavePlan): void {
  if (isDryRun || measure !== undefined) return;
  refuseOverlap(input, { path: image, offset: targetOffset });
}
