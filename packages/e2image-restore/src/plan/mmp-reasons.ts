import { readMmp, type Superblock } from '@e2image/ext-core/structures';
import type { Source } from '@e2image/sparse-io';

/** Why a restore must not begin at all, and why not without `--force`: sentences for the user. */
interface MmpReasons {
  readonly obstacles: readonly string[];
  readonly refusals: readonly string[];
}

/**
 * Why the MMP block forbids a restore.
 *
 * @param primary superblock of the device; undefined when it has none, so that no host can mount it
 * @param image superblock of the image
 */
export function mmpReasons(device: Source, primary: Superblock | undefined, image: Superblock): MmpReasons {
  const state = readMmp(device, primary ?? image);
  if (state.kind === 'held') {
    const reason =
      'multi-mount protection says that the device is in use, perhaps by another host ' +
      `(sequence 0x${state.sequence.toString(16)}; if no host uses it: tune2fs -f -E clear_mmp)`;
    // Without a superblock tune2fs cannot clear a stale mark: --force can.
    return primary === undefined ? { obstacles: [], refusals: [reason] } : { obstacles: [reason], refusals: [] };
  }
  const isDoubtful = state.kind === 'damaged' || state.kind === 'unreadable';
  // A device without a superblock need not have an MMP block where the image has its own.
  if (primary === undefined || !isDoubtful) return { obstacles: [], refusals: [] };
  const what = state.kind === 'damaged' ? 'is damaged' : 'cannot be read';
  const reason = `MMP block ${state.block} of the device ${what} (${state.reason}): another host may use the device`;
  return { obstacles: [], refusals: [reason] };
}
