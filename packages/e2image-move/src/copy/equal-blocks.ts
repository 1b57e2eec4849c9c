import { Buffer } from 'node:buffer';
import type { Storage } from '../disk/storage.ts';

/** Writes only blocks that differ from the device. */
export interface EqualBlocks {
  /** Blocks that needed no write so far. */
  readonly count: number;
  /** Write `bytes`, which begin with a block, at byte `offset`; blocks that the device holds already are left out. */
  write(bytes: Uint8Array, offset: number): void;
}

/**
 * The `-c` of e2image: read the new place before writing, and do not write equal blocks.
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
      const old = buffer.subarray(0, bytes.length);
      device.readAt(old, offset);
      let open = 0;
      for (let at = 0; at < bytes.length; at += blockSize) {
        const end = Math.min(at + blockSize, bytes.length);
        if (Buffer.compare(bytes.subarray(at, end), old.subarray(at, end)) !== 0) continue;
        count++;
        if (open < at) device.writeAt(bytes.subarray(open, at), offset + open);
        open = end;
      }
      if (open < bytes.length) device.writeAt(bytes.subarray(open), offset + open);
    },
  };
}
