import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { BlockRun } from '@e2image/ext-core';
import { isolateErrors, type Source, ZEROS } from '@e2image/sparse-io';
import type { ByteRange } from './segments.ts';

/** Bytes compared in one go: both buffers stay in the processor's cache. */
const UNIT = 256 * 1024;
/** Bytes to compare between two looks at signals. */
const BATCH = 16 * 1024 * 1024;

/** How two sources differ. */
export interface Difference {
  /** Blocks that are not the same: ascending, disjoint, not touching. */
  readonly runs: readonly BlockRun[];
  /** Those of them that cannot be read on the device. */
  readonly unreadable: readonly BlockRun[];
}

/**
 * Find the blocks in which the device is not as it should be. A block that cannot be read is not.
 *
 * @param ranges what to compare: whole blocks, ascending, disjoint
 */
export async function findDifferences(
  { wanted, device }: { readonly wanted: Source; readonly device: Source },
  ranges: readonly ByteRange[],
  blockSize: number,
): Promise<Difference> {
  const found = new Runs();
  const lost = new Runs();
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
      // Most of what an image has of inode tables may be holes: no need to read their zeros.
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
  return { runs: found.list(), unreadable: lost.list() };
}

/** Bytes from `offset` on, whole blocks, that are a hole in both: they are the same without a look. */
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

/** How many bytes from `offset` on to take at once: whole blocks, `limit` at most, all of them a hole or none. */
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

function addDiffering(found: Runs, want: Uint8Array, have: Uint8Array, blockSize: number, offset: number): void {
  for (let at = 0; at < want.length; at += blockSize) {
    const end = at + blockSize;
    if (Buffer.compare(want.subarray(at, end), have.subarray(at, end)) !== 0) found.add((offset + at) / blockSize);
  }
}

/** Blocks as runs; they come nearly in order. */
class Runs {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  add(block: number): void {
    const last = this.#ends.length - 1;
    if (last >= 0 && this.#ends[last] === block) this.#ends[last] = block + 1;
    else {
      this.#starts.push(block);
      this.#ends.push(block + 1);
    }
  }

  /** Ascending and joined: an unreadable block is told before its neighbours are compared. */
  list(): BlockRun[] {
    const pairs = this.#starts.map((start, index) => ({ start, end: this.#ends[index] ?? start }));
    const runs: { start: number; count: number }[] = [];
    for (const { start, end } of pairs.sort((x, y) => x.start - y.start)) {
      const last = runs.at(-1);
      if (last !== undefined && start <= last.start + last.count) {
        last.count = Math.max(last.count, end - last.start);
      } else runs.push({ start, count: end - start });
    }
    return runs;
  }
}
