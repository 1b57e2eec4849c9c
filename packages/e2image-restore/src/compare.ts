import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { BlockRun } from '@e2image/ext-core';
import { isolateErrors, type Source } from '@e2image/sparse-io';
import type { ByteRange } from './segments.ts';

/** Bytes compared in one go: C restores 32 blocks at a time. */
const UNIT = 512 * 1024;
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
 * @param onProgress told the bytes compared so far
 */
export async function findDifferences(
  { wanted, device }: { readonly wanted: Source; readonly device: Source },
  ranges: readonly ByteRange[],
  blockSize: number,
  onProgress?: (done: number) => void,
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
  let done = 0;
  for (const { offset, length } of ranges) {
    for (let at = 0; at < length; at += UNIT) {
      const size = Math.min(UNIT, length - at);
      const [want, have] = [a.subarray(0, size), b.subarray(0, size)];
      isLost = false;
      wanted.readAt(want, offset + at);
      readable.readAt(have, offset + at);
      if (isLost || Buffer.compare(want, have) !== 0) addDiffering(found, want, have, blockSize, offset + at);
      done += size;
      sinceBreak += size;
      if (sinceBreak < BATCH) continue;
      sinceBreak = 0;
      onProgress?.(done);
      await setImmediate();
    }
  }
  return { runs: found.list(), unreadable: lost.list() };
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
