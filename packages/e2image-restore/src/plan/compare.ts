import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { type BlockRun, BlockSet } from '@e2image/ext-core/walk';
import { type ByteRange, isolateErrors, type Source, ZEROS } from '@e2image/sparse-io';
import { RestoreError } from '../base/errors.ts';

/** Bytes of one comparison: both buffers stay in the processor's cache. */
const UNIT = 256 * 1024;
/** Bytes to compare before the event loop runs again. */
const BATCH = 16 * 1024 * 1024;

/** How two sources differ. */
export interface Difference {
  /** Blocks that are not the same: ascending, disjoint, not touching. */
  readonly runs: readonly BlockRun[];
  /** Those of them that cannot be read on the device. */
  readonly unreadable: readonly BlockRun[];
}

/**
 * Find the blocks of the device that are not as they should be. A block that cannot be read counts as one.
 *
 * @param ranges what to compare: whole blocks, ascending, disjoint
 * @throws RestoreError RESTORE_TOO_LARGE when there are more runs of differing blocks than fit in memory
 */
export async function findDifferences(
  { wanted, device }: { readonly wanted: Source; readonly device: Source },
  ranges: readonly ByteRange[],
  blockSize: number,
): Promise<Difference> {
  const found = new BlockSet();
  const lost = new BlockSet();
  let isLost = false;
  const readable = isolateErrors(device, {
    blockSize,
    onBad: ({ offset }) => {
      isLost = true;
      lost.add(offset / blockSize);
      found.add(offset / blockSize);
    },
  });
  const [a, b] = [new Uint8Array(UNIT), new Uint8Array(UNIT)];
  let sinceBreak = 0;
  for (const { offset, length } of ranges) {
    for (let at = 0; at < length; ) {
      const skipped = commonHole({ wanted, device }, offset + at, length - at, blockSize);
      if (skipped > 0) {
        at += skipped;
        continue;
      }
      const { size, isHole } = nextPiece(wanted, offset + at, Math.min(UNIT, length - at), blockSize);
      const have = b.subarray(0, size);
      // Most of the inode tables of an image may be holes: their zeros need not be read.
      const want = isHole ? ZEROS.subarray(0, size) : a.subarray(0, size);
      isLost = false;
      if (!isHole) wanted.readAt(want, offset + at);
      readable.readAt(have, offset + at);
      if (isLost || Buffer.compare(want, have) !== 0) addDiffering(found, want, have, blockSize, offset + at);
      at += size;
      sinceBreak += size;
      if (sinceBreak < BATCH) continue;
      sinceBreak = 0;
      await setImmediate();
    }
  }
  return { runs: listOf(found), unreadable: listOf(lost) };
}

/** Bytes from `offset` on, whole blocks, that are a hole in both: they are equal and need not be read. */
function commonHole(
  { wanted, device }: { readonly wanted: Source; readonly device: Source },
  offset: number,
  limit: number,
  blockSize: number,
): number {
  const want = wanted.extentAt?.(offset);
  if (want?.kind !== 'hole' || offset >= device.size) return 0;
  const have = device.extentAt?.(offset);
  if (have?.kind !== 'hole') return 0;
  return Math.floor(Math.min(want.length, have.length, limit) / blockSize) * blockSize;
}

/** How many bytes from `offset` on to compare: whole blocks, `limit` at most, either all of a hole or all of data. */
function nextPiece(
  wanted: Source,
  offset: number,
  limit: number,
  blockSize: number,
): { readonly size: number; readonly isHole: boolean } {
  const extent = wanted.extentAt?.(offset);
  if (extent === undefined) return { size: limit, isHole: false };
  const wholeHole = extent.kind === 'hole' ? Math.floor(extent.length / blockSize) * blockSize : 0;
  if (wholeHole > 0) return { size: Math.min(limit, wholeHole), isHole: true };
  return { size: Math.min(limit, Math.ceil(extent.length / blockSize) * blockSize), isHole: false };
}

function addDiffering(found: BlockSet, want: Uint8Array, have: Uint8Array, blockSize: number, offset: number): void {
  for (let at = 0; at < want.length; at += blockSize) {
    const end = at + blockSize;
    if (Buffer.compare(want.subarray(at, end), have.subarray(at, end)) !== 0) found.add((offset + at) / blockSize);
  }
}

/** Runs that a plan may have. */
const MAX_RUNS = 500_000;

/** @throws RestoreError RESTORE_TOO_LARGE when there are more than fit in memory */
function listOf(blocks: BlockSet): BlockRun[] {
  const runs: BlockRun[] = [];
  for (const run of blocks.runs()) {
    if (runs.length === MAX_RUNS) {
      throw new RestoreError(
        'RESTORE_TOO_LARGE',
        `the device differs from the image in more than ${MAX_RUNS} runs of blocks`,
      );
    }
    runs.push(run);
  }
  return runs;
}
