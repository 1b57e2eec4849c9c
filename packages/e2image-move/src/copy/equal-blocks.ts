import { Buffer } from 'node:buffer';
import type { Storage } from '../disk/storage.ts';

/** Writes only what is not there already. */
export interface EqualBlocks {
  /** Blocks that needed no write so far. */
  readonly count: number;
  /** Write all of `bytes`, which begin with a block, at byte `offset`, but for the blocks that are there. */
  write(bytes: Uint8Array, offset: number): void;
}

/**
 * What `-c` of the drop-in asks for: read the new place before writing, and spare the medium equal blocks.
 *
 * @param blockSize bytes
 */
export function skipEqualBlocks(device: Storage, blockSize: number): EqualBlocks {
  let buffer = new Uint8Array(0);
  let count = 0;
  return {
    get count() {
      return count;
    },
    write(bytes, offset) {
      if (buffer.length < bytes.length) buffer = new Uint8Array(bytes.length);
      const there = buffer.subarray(0, bytes.length);
      device.readAt(there, offset);
      let open = 0;
      for (let at = 0; at < bytes.length; at += blockSize) {
        const end = Math.min(at + blockSize, bytes.length);
        if (Buffer.compare(bytes.subarray(at, end), there.subarray(at, end)) !== 0) continue;
        count++;
        if (open < at) device.writeAt(bytes.subarray(open, at), offset + open);
        open = end;
      }
      if (open < bytes.length) device.writeAt(bytes.subarray(open), offset + open);
    },
  };
}
