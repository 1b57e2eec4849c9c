import { MMP_MAGIC, MMP_SIZE, mmpChecksum, mmpLayout } from '@e2image/ext-core/structures';
import type { ScrambleCounts } from '../base/counts.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import type { Block, Context } from './context.ts';

/** Clear the names of the host and the device in an MMP block, and its padding. Other blocks become zeros. */
export function scrambleMmpBlock(
  { seed, hasChecksums }: Context,
  { bytes, view }: Block,
  counts: ScrambleCounts,
): void {
  if (mmpLayout.mmp_magic.get(view, 0) !== MMP_MAGIC) {
    bytes.fill(0);
    return;
  }
  const before = mmpChecksum(seed, bytes);
  mmpLayout.mmp_nodename.get(view, 0).fill(0);
  mmpLayout.mmp_bdevname.get(view, 0).fill(0);
  mmpLayout.mmp_pad2.get(view, 0).fill(0);
  bytes.fill(0, MMP_SIZE);
  counts.mmpBlocks++;
  if (!hasChecksums) return;
  mmpLayout.mmp_checksum.set(
    view,
    0,
    renewChecksum(mmpLayout.mmp_checksum.get(view, 0), before, mmpChecksum(seed, bytes)),
  );
}
