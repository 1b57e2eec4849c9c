import { Buffer } from 'node:buffer';
import type { Sink } from '../base/sink.ts';
import type { Source } from '../base/source.ts';
import { ZEROS } from '../base/zero.ts';
import { isUnreadable } from '../source/isolate-errors.ts';

/** How to compare before writing. */
export interface SkipEqualOptions {
  /** Bytes per block, counted from the start of each write: the unit of comparing and of `onEqual`. */
  readonly blockSize: number;
  /** Called with the number of blocks that were equal and therefore not written. */
  readonly onEqual?: (blockCount: number) => void;
}

/**
 * A sink that reads the old contents of the output and writes only the blocks that differ.
 *
 * It has no `buffer`: the new and the old bytes must both fit the processor's cache.
 *
 * @param old the output as a source; past its end, and where it cannot be read, everything differs
 */
export function skipEqual(sink: Sink, old: Source, { blockSize, onEqual }: SkipEqualOptions): Sink {
  let buffer = new Uint8Array(0);
  const writeAt = (bytes: Uint8Array, offset: number): void => {
    if (buffer.length < bytes.length) buffer = new Uint8Array(bytes.length);
    const existing = buffer.subarray(0, readExisting(old, buffer.subarray(0, bytes.length), offset));
    if (Buffer.compare(bytes, existing) === 0) onEqual?.(Math.ceil(bytes.length / blockSize));
    else writeDifferences(sink, bytes, existing, offset, { blockSize, ...(onEqual && { onEqual }) });
  };
  return {
    isSequential: sink.isSequential,
    writeAt,
    zero(offset, length) {
      for (let done = 0; done < length; done += ZEROS.length) {
        writeAt(ZEROS.subarray(0, Math.min(ZEROS.length, length - done)), offset + done);
      }
    },
    skip: (offset, length) => sink.skip(offset, length),
    finish: (size) => sink.finish(size),
    abort: () => sink.abort(),
  };
}

/** Write each run of blocks that differ in one write. */
function writeDifferences(
  sink: Sink,
  bytes: Uint8Array,
  existing: Uint8Array,
  offset: number,
  { blockSize, onEqual }: SkipEqualOptions,
): void {
  let differs = 0;
  let equal = 0;
  for (let at = 0; at < bytes.length; at += blockSize) {
    const end = Math.min(at + blockSize, bytes.length);
    if (Buffer.compare(bytes.subarray(at, end), existing.subarray(at, end)) !== 0) continue;
    if (at > differs) sink.writeAt(bytes.subarray(differs, at), offset + differs);
    differs = end;
    equal++;
  }
  if (bytes.length > differs) sink.writeAt(bytes.subarray(differs), offset + differs);
  if (equal > 0) onEqual?.(equal);
}

/** Read the old contents. @returns bytes of `into` that the output really has */
function readExisting(old: Source, into: Uint8Array, offset: number): number {
  const length = Math.max(0, Math.min(into.length, old.size - offset));
  try {
    if (length > 0) old.readAt(into.subarray(0, length), offset);
  } catch (error) {
    // What cannot be read differs: a write may repair a bad sector, and fails if it cannot.
    if (!isUnreadable(error)) throw error;
    return 0;
  }
  return length;
}
