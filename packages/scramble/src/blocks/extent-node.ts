import {
  EXTENT_ENTRY_SIZE,
  extentHeaderLayout,
  extentNodeChecksum,
  extentNodeTail,
  extentTailLayout,
  inodeSeed,
  isExtentHeader,
} from '@e2image/ext-core/structures';
import type { ScrambleCounts } from '../base/counts.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import { scrambleBytes } from '../secret/scramble-bytes.ts';
import type { ClassRun } from '../survey/block-classes.ts';
import type { Block, Context } from './context.ts';

/** Zero all bytes of an extent node but its header, entries and checksum; a block that is not a node is scrambled as bytes. */
export function scrambleExtentNode(
  context: Context,
  { bytes, view }: Block,
  { owner, generation }: ClassRun,
  counts: ScrambleCounts,
): void {
  if (!isExtentHeader(view, 0, bytes.length)) {
    scrambleBytes(context.hash, bytes, 0, bytes.length);
    counts.damagedBlocks++;
    return;
  }
  const seed = inodeSeed(context.seed, owner, generation);
  const tail = extentNodeTail(view, 0);
  const hasTail = context.hasChecksums && tail + extentTailLayout.et_checksum.size <= bytes.length;
  const before = hasTail ? extentNodeChecksum(seed, bytes) : 0;
  const used = EXTENT_ENTRY_SIZE * (1 + extentHeaderLayout.eh_entries.get(view, 0));
  bytes.fill(0, used, hasTail ? tail : bytes.length);
  if (!hasTail) return;
  const { et_checksum } = extentTailLayout;
  bytes.fill(0, tail + et_checksum.size);
  et_checksum.set(view, tail, renewChecksum(et_checksum.get(view, tail), before, extentNodeChecksum(seed, bytes)));
}
