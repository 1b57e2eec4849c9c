import { Buffer } from 'node:buffer';
import type { Sink, Source } from '../base/types.ts';
import { ZEROS } from '../base/zero.ts';
import { isUnreadable } from '../source/isolate-errors.ts';

/** How to compare before writing. */
export interface SkipEqualOptions {
  /** Bytes per block: what is written, and counted, is whole blocks from the start of each write. */
  readonly blockSize: number;
  /** Told how many blocks in a row were found equal and not written. */
  readonly onEqual?: (blockCount: number) => void;
}

/**
 * A sink that reads what the output holds and writes only the blocks that differ.
 *
 * It asks for no memory (`buffer`): what is to be written and what is there must both fit the processor's cache.
 *
 * @param old the output as a source; where it ends or cannot be read, everything differs
 */
export function skipEqual(sink: Sink, old: Source, { blockSize, onEqual }: SkipEqualOptions): Sink {
  let buffer = new Uint8Array(0);
  const writeAt = (bytes: Uint8Array, offset: number): void => {
    if (buffer.length < bytes.length) buffer = new Uint8Array(bytes.length);
    const there = buffer.subarray(0, readWhatIsThere(old, buffer.subarray(0, bytes.length), offset));
    if (Buffer.compare(bytes, there) === 0) onEqual?.(Math.ceil(bytes.length / blockSize));
    else writeDifferences(sink, bytes, there, offset, { blockSize, ...(onEqual && { onEqual }) });
  };
  return {
    sequential: sink.sequential,
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

/** Write runs of blocks that differ as one write each. */
function writeDifferences(
  sink: Sink,
  bytes: Uint8Array,
  there: Uint8Array,
  offset: number,
  { blockSize, onEqual }: SkipEqualOptions,
): void {
  let differs = 0;
  let equal = 0;
  for (let at = 0; at < bytes.length; at += blockSize) {
    const end = Math.min(at + blockSize, bytes.length);
    if (Buffer.compare(bytes.subarray(at, end), there.subarray(at, end)) !== 0) continue;
    if (at > differs) sink.writeAt(bytes.subarray(differs, at), offset + differs);
    differs = end;
    equal++;
  }
  if (bytes.length > differs) sink.writeAt(bytes.subarray(differs), offset + differs);
  if (equal > 0) onEqual?.(equal);
}

/** @returns bytes of `into` that the output really has */
function readWhatIsThere(old: Source, into: Uint8Array, offset: number): number {
  const length = Math.max(0, Math.min(into.length, old.size - offset));
  try {
    if (length > 0) old.readAt(into.subarray(0, length), offset);
  } catch (error) {
    // What cannot be read differs: a write may mend a bad sector, and tells if it cannot.
    if (!isUnreadable(error)) throw error;
    return 0;
  }
  return length;
}
