import { Buffer } from 'node:buffer';
import { SUPERBLOCK_OFFSET } from '@e2image/ext-core/structures';
import { copyRuns, isolateErrors } from '@e2image/sparse-io';
import type { RestoreTarget } from './device/target.ts';
import { findDifferences } from './plan/compare.ts';
import { allRuns, readSuperblockNow, type WritePlan } from './plan/write-plan.ts';
import { type Protect, UndoFile } from './undo/undo-file.ts';
import type { UndoStorage } from './undo/undo-storage.ts';

/** The steps of a restore that its undo file records; each is durable when its promise is fulfilled. */
type UndoRecord = Pick<UndoFile, 'expectSuperblock' | 'finish'>;

export interface RunOptions {
  /** The record to keep; it already has all old content. */
  readonly undo?: UndoRecord | undefined;
  /** Called with the number of bytes written. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Write what was planned. Each step is durable before the next one begins, so that a restore killed at any point can be
 * undone by e2undo or run again:
 *
 * 1. the complete undo file (`openUndo`); 2. all blocks except the superblock; 3. the new superblock, in the undo file;
 * 4. the superblock; 5. the mark that the restore is finished, in the undo file.
 */
export async function runRestore(
  plan: Pick<WritePlan, 'blockSize' | 'runs' | 'size' | 'superblock' | 'wanted'>,
  target: Pick<RestoreTarget, 'openSink'>,
  options: RunOptions = {},
): Promise<void> {
  const { undo, onProgress } = options;
  using sink = target.openSink();
  const { blockSize, superblock } = plan;
  const runs = plan.runs.map(({ start, count }) => ({ offset: start * blockSize, length: count * blockSize }));
  if (runs.length > 0) {
    await copyRuns(plan.wanted, sink, { runs, ...(onProgress && { onProgress }) });
    await sink.sync(plan.size);
  }
  if (superblock.differs) {
    await undo?.expectSuperblock(superblock.wanted);
    sink.writeAt(superblock.wanted, SUPERBLOCK_OFFSET);
    await sink.sync(plan.size);
  }
  await undo?.finish();
}

/**
 * Save the old content of all blocks that a plan overwrites, or continue an existing record of the same restore. The
 * device is not written.
 *
 * @param protect removes an incomplete file when a signal ends the program
 * @throws RestoreError RESTORE_UNDO_EXISTS; system errors (ENOSPC)
 */
export async function openUndo(
  plan: WritePlan,
  { source }: Pick<RestoreTarget, 'source'>,
  storage: UndoStorage,
  protect?: Protect,
): Promise<UndoFile> {
  const { blockSize } = plan;
  const device = isolateErrors(source, { blockSize, onBad: () => {} });
  const { now: superblock, wanted: wantedSuperblock } = plan.superblock;
  const subject = { runs: allRuns(plan), blockSize, device, superblock, wantedSuperblock };
  return storage.exists() ? UndoFile.resume(storage, subject) : UndoFile.create(storage, subject, protect);
}

/**
 * Compare the medium, not the cache, with what should be on it.
 *
 * @returns the numbers of blocks that are wrong
 */
export async function verifyRestore(
  plan: WritePlan,
  target: Pick<RestoreTarget, 'source' | 'openMedium'>,
): Promise<number[]> {
  using medium = target.openMedium();
  const device = medium ?? target.source;
  const { runs } = await findDifferences({ wanted: plan.wanted, device }, plan.ranges, plan.blockSize);
  const wrong = runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => start + index));
  const isRight = Buffer.compare(readSuperblockNow(device), plan.superblock.wanted) === 0;
  return isRight ? wrong : [Math.floor(SUPERBLOCK_OFFSET / plan.blockSize), ...wrong];
}
