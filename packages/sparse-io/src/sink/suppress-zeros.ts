import type { Sink } from '../base/sink.ts';
import { isZero } from '../base/zero.ts';

/**
 * A sink that passes each zero block of a write to `sink.zero`, and the bytes between to `sink.writeAt`.
 *
 * For outputs where `zero` costs less than writing, such as a new file, where it makes a hole. Blocks are counted from
 * byte 0 of the output; an unaligned first or a short last block is tested as it is. The result has no `transferFrom`:
 * zeros inside a transfer would not be found.
 *
 * @param blockSize bytes per block; smaller blocks give more holes and more writes
 */
export function suppressZeros(sink: Sink, blockSize = 4096): Sink {
  return {
    isSequential: sink.isSequential,
    ...(sink.buffer && { buffer: () => sink.buffer?.() }),
    writeAt(bytes, offset) {
      let written = 0;
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + blockSize - ((offset + at) % blockSize));
        // The first byte alone decides for almost every block with data, without making a view of the block.
        if (bytes[at] !== 0 || !isZero(bytes.subarray(at, end))) {
          at = end;
          continue;
        }
        if (at > written) sink.writeAt(bytes.subarray(written, at), offset + written);
        written = endOfZeros(bytes, offset, end, blockSize);
        sink.zero(offset + at, written - at);
        at = written;
      }
      if (written === 0) sink.writeAt(bytes, offset);
      else if (bytes.length > written) sink.writeAt(bytes.subarray(written), offset + written);
    },
    zero: (offset, length) => sink.zero(offset, length),
    skip: (offset, length) => sink.skip(offset, length),
    finish: (size) => sink.finish(size),
    abort: () => sink.abort(),
  };
}

/** First byte after `from` where a block is not zero. */
function endOfZeros(bytes: Uint8Array, offset: number, from: number, blockSize: number): number {
  let at = from;
  while (at < bytes.length) {
    const end = Math.min(bytes.length, at + blockSize - ((offset + at) % blockSize));
    if (!isZero(bytes.subarray(at, end))) break;
    at = end;
  }
  return at;
}
