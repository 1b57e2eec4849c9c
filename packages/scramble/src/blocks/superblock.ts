import {
  hasExtMagic,
  RO_COMPAT,
  SCRAMBLED_MARK,
  SUPERBLOCK_OFFSET,
  SUPERBLOCK_SIZE,
  superblockChecksum,
  superblockLayout,
} from '@e2image/ext-core/structures';
import type { ScrambleCounts } from '../base/counts.ts';
import { renewChecksum } from '../secret/checksum-renewal.ts';
import type { Block, Context } from './context.ts';

/** Texts that identify a machine or its user. The names of error functions show the kernel's version and its activity. */
const TEXTS = ['s_volume_name', 's_last_mounted', 's_mount_opts', 's_first_error_func', 's_last_error_func'] as const;

/**
 * Scramble the superblock in a block, primary or backup. The rest of the block does not belong to the file system and
 * becomes zeros.
 */
export function scrambleSuperblockBlock(context: Context, { bytes, number }: Block, counts: ScrambleCounts): void {
  // The primary superblock is at byte 1024 of the device: in block 0 where blocks are larger than that.
  const at = number === 0 && bytes.length > SUPERBLOCK_SIZE ? SUPERBLOCK_OFFSET : 0;
  bytes.fill(0, 0, at);
  bytes.fill(0, at + SUPERBLOCK_SIZE);
  const raw = bytes.subarray(at, at + SUPERBLOCK_SIZE);
  if (!hasExtMagic(raw)) {
    // A destroyed superblock may contain anything.
    raw.fill(0);
    return;
  }
  scrambleSuperblock(raw, context.newHashSeed);
  counts.superblocks++;
}

/**
 * Scramble the 1,024 bytes of a superblock: clear its texts, write the mark of scrambled images and the new hash seed.
 *
 * @param newHashSeed 16 bytes; undefined to keep the seed
 */
export function scrambleSuperblock(raw: Uint8Array, newHashSeed: Uint8Array | undefined): void {
  const view = new DataView(raw.buffer, raw.byteOffset, SUPERBLOCK_SIZE);
  const f = superblockLayout;
  const before = superblockChecksum(raw);
  for (const name of TEXTS) f[name].get(view, 0).fill(0);
  f.s_last_mounted.get(view, 0).set(new TextEncoder().encode(SCRAMBLED_MARK));
  if (newHashSeed) f.s_hash_seed.get(view, 0).set(newHashSeed);
  if ((f.s_feature_ro_compat.get(view, 0) & RO_COMPAT.metadata_csum) === 0) return;
  f.s_checksum.set(view, 0, renewChecksum(f.s_checksum.get(view, 0), before, superblockChecksum(raw)));
}
