import { ioFailure } from '../bytes/io-failure.ts';
import type { Filesystem } from './filesystem.ts';

/** Bytes of one read: the fastest size, by measurement. */
export const READ_UNIT = 256 * 1024;

/** Called for a block that cannot be read; the reader gets zeros. */
export type OnUnreadable = (block: number, reason: string) => void;

/**
 * Fill `into` from `block` on. If the source fails, read block by block, so that a bad sector costs only its block:
 * that block becomes zeros and is reported.
 */
export function readIsolated(fs: Filesystem, into: Uint8Array, block: number, onUnreadable: OnUnreadable): void {
  try {
    fs.readBlocks(into, block);
  } catch (error) {
    ioFailure(error);
    for (let at = 0; at < into.length; at += fs.blockSize) {
      const one = into.subarray(at, at + fs.blockSize);
      try {
        fs.readBlocks(one, block + at / fs.blockSize);
      } catch (single) {
        one.fill(0);
        onUnreadable(block + at / fs.blockSize, ioFailure(single));
      }
    }
  }
}

/**
 * Reads scattered blocks, a window of them at a time: in ascending order, neighbours in one call. The results are in
 * the order of the request. Keeps one buffer of at most 256 KiB, or of one block.
 */
export class BlockWindow {
  readonly #fs: Filesystem;
  /** Blocks per window. */
  readonly capacity: number;
  #buffer: Uint8Array | undefined;

  constructor(fs: Filesystem) {
    this.#fs = fs;
    this.capacity = Math.max(1, READ_UNIT / fs.blockSize);
  }

  /**
   * Read `blocks[from]` and as many of the following as fit.
   *
   * @returns for each of them the byte offset in `view`; -1 for an unreadable one. Valid until the next call.
   */
  load(blocks: readonly number[], from: number, onUnreadable: OnUnreadable): number[] {
    const { blockSize } = this.#fs;
    const count = Math.min(this.capacity, blocks.length - from);
    // Most maps have one block at this level, so the buffer should not exceed the request.
    if (this.#buffer === undefined || this.#buffer.length < count * blockSize) {
      this.#buffer = new Uint8Array(count * blockSize);
    }
    const buffer = this.#buffer;
    if (count === 1) return [this.#loadOne(buffer, blocks[from] as number, onUnreadable)];
    const at = (index: number): number => blocks[from + index] as number;
    const order = Array.from({ length: count }, (_, index) => index).sort((a, b) => at(a) - at(b));
    const offsets = new Array<number>(count).fill(-1);
    for (let low = 0; low < count; ) {
      const first = at(order[low] as number);
      let high = low + 1;
      while (high < count && at(order[high] as number) === first + (high - low)) high++;
      const failed = new Set<number>();
      readIsolated(this.#fs, buffer.subarray(low * blockSize, high * blockSize), first, (block, reason) => {
        failed.add(block);
        onUnreadable(block, reason);
      });
      for (let rank = low; rank < high; rank++) {
        if (!failed.has(first + rank - low)) offsets[order[rank] as number] = rank * blockSize;
      }
      low = high;
    }
    return offsets;
  }

  #loadOne(buffer: Uint8Array, block: number, onUnreadable: OnUnreadable): number {
    let offset = 0;
    readIsolated(this.#fs, buffer.subarray(0, this.#fs.blockSize), block, (bad, reason) => {
      offset = -1;
      onUnreadable(bad, reason);
    });
    return offset;
  }

  /** The blocks of the last `load`. */
  get view(): DataView {
    return new DataView(this.#buffer?.buffer ?? new ArrayBuffer(0));
  }
}
