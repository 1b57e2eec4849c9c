import { type MountView, mountState, printable } from '@e2image/cli';
import type { Filesystem } from '@e2image/ext-core';
import { hasIncompat } from '@e2image/ext-core/structures';
import { MoveError } from '../base/errors.ts';

/** `mmp_magic` and the value of `mmp_seq` after a clean unmount. Source: kernel Documentation/filesystems/ext4/mmp.rst. */
const MMP_MAGIC = 0x004d_4d50;
const MMP_CLEAN = 0xff4d_4d50;

/** @throws MoveError MOVE_IN_USE when a device, or a file behind a loop device, is mounted, swapped on or held */
export function refuseMounted(path: string, view: MountView): void {
  const { isMounted, isSwap, mountPoint } = mountState(path, view);
  if (!isMounted) return;
  const how = isSwap ? 'used as swap' : mountPoint === undefined ? 'mounted' : `mounted on ${printable(mountPoint)}`;
  throw new MoveError('MOVE_IN_USE', `${printable(path)} is ${how}`);
}

/**
 * Refuse a file system that another host may have mounted.
 *
 * @throws MoveError MOVE_MMP; errors of the source
 */
export function refuseMmp(fs: Filesystem): void {
  if (!hasIncompat(fs.superblock, 'mmp')) return;
  const { mmpBlock } = fs.superblock;
  const block = new Uint8Array(fs.blockSize);
  fs.readBlocks(block, mmpBlock);
  const view = new DataView(block.buffer);
  const [magic, sequence] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (magic === MMP_MAGIC && sequence === MMP_CLEAN) return;
  const found = magic === MMP_MAGIC ? `sequence 0x${sequence.toString(16)}` : `magic number 0x${magic.toString(16)}`;
  throw new MoveError(
    'MOVE_MMP',
    `its multi-mount protection block ${mmpBlock} says that the file system is in use (${found}); ` +
      'if no host uses it, --force goes on',
    { detail: { block: mmpBlock } },
  );
}
