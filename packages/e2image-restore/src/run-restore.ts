import { Buffer } from 'node:buffer';
import { SUPERBLOCK_OFFSET } from '@e2image/ext-core/structures';
import { copyRuns, FileSink, isolateErrors, openDirectSource, type Source } from '@e2image/sparse-io';
import type { RestoreTarget } from './device/target.ts';
import { findDifferences } from './plan/compare.ts';
import { allRuns, readSuperblockNow, type WritePlan } from './plan/write-plan.ts';
import { type Protect, UndoFile } from './undo/undo-file.ts';

/** What a running restore tells its undo file; each step is durable when its promise is fulfilled. */
export type UndoRecord = Pick<UndoFile, 'expectSuperblock' | 'finish'>;

export interface RunOptions {
  /** The record to keep, its old content saved. */
  readonly undo?: UndoRecord | undefined;
  /** Bytes written so far. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Carry out a plan. After each step all is durable, so that a restore killed at any point can be undone by e2undo, or
 * run again:
 *
 * 1. the undo file, whole (`openUndo`); 2. all blocks but the superblock; 3. the superblock to come, in the undo file;
 * 4. the superblock; 5. the end, in the undo file.
 */
export async function runRestore(
  plan: Pick<WritePlan, 'blockSize' | 'runs' | 'size' | 'superblock' | 'wanted'>,
  target: Pick<RestoreTarget, 'fd'>,
  options: RunOptions = {},
): Promise<void> {
  const { undo, onProgress } = options;
  using sink = new FileSink(target.fd, { zero: 'write', keepTail: true, owned: false });
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

/** The undo file of a restore. */
export interface UndoOptions {
  readonly path: string;
  /** It is there: go on with it, if it is the record of this very restore. */
  readonly exists: boolean;
  /** Keeps a signal from leaving a partial file. */
  readonly protect?: Protect | undefined;
}

/**
 * Save the old content of all that a plan will overwrite. The device is not written.
 *
 * @throws RestoreError RESTORE_UNDO_EXISTS; system errors (ENOSPC)
 */
export async function openUndo(plan: WritePlan, { source }: RestoreTarget, undo: UndoOptions): Promise<UndoFile> {
  const { blockSize } = plan;
  const device = isolateErrors(source, { blockSize, onBad: () => {} });
  const { now: superblock, wanted: wantedSuperblock } = plan.superblock;
  const subject = { runs: allRuns(plan), blockSize, device, superblock, wantedSuperblock };
  return undo.exists ? UndoFile.resume(undo.path, subject) : UndoFile.create(undo.path, subject, undo.protect);
}

/**
 * Compare the medium, not the cache, with what should be on it.
 *
 * @returns blocks that are wrong; empty when all is as it should be
 */
export async function verifyRestore(plan: WritePlan, { fd, source }: RestoreTarget): Promise<number[]> {
  using direct = directSource(fd, source.size);
  const device = direct ?? source;
  const { runs } = await findDifferences({ wanted: plan.wanted, device }, plan.ranges, plan.blockSize);
  const wrong = runs.flatMap(({ start, count }) => Array.from({ length: count }, (_, index) => start + index));
  const isRight = Buffer.compare(readSuperblockNow(device), plan.superblock.wanted) === 0;
  return isRight ? wrong : [Math.floor(SUPERBLOCK_OFFSET / plan.blockSize), ...wrong];
}

/** Undefined where the file system knows no direct reads (tmpfs): its cache is the medium. */
function directSource(fd: number, size: number): (Source & Disposable) | undefined {
  try {
    return openDirectSource(fd, size);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EINVAL') return undefined;
    throw error;
  }
}
