import { describeUse, type MountView, mountState, printable } from '@e2image/cli';
import type { Filesystem } from '@e2image/ext-core';
import { type MmpState, readMmp } from '@e2image/ext-core/structures';
import { MoveError } from '../base/errors.ts';

/** @throws MoveError MOVE_IN_USE when a device, or a file under a loop device, is mounted, swapped on or held */
export function refuseMounted(path: string, view: MountView): void {
  const state = mountState(path, view);
  if (state.isMounted) throw new MoveError('MOVE_IN_USE', `${printable(path)} ${describeUse(state)}`);
}

/**
 * Refuse a file system that another host may have mounted.
 *
 * @throws MoveError MOVE_MMP; errors of the source that are not about unreadable bytes
 */
export function refuseMmp({ source, superblock }: Pick<Filesystem, 'source' | 'superblock'>): void {
  const state = readMmp(source, superblock);
  if (state.kind === 'absent' || state.kind === 'free') return;
  throw new MoveError('MOVE_MMP', `${mmpText(state)}; if no host uses the file system, --force overrides this`, {
    detail: { block: state.block },
  });
}

function mmpText(state: Extract<MmpState, { kind: 'held' | 'damaged' | 'unreadable' }>): string {
  const block = `the multi-mount protection block (MMP block ${state.block})`;
  if (state.kind === 'held')
    return `${block} says that the file system is in use (sequence 0x${state.sequence.toString(16)})`;
  return `${block} ${state.kind === 'damaged' ? 'is damaged' : 'cannot be read'} (${state.reason})`;
}
