import type { Source, SourceExtent } from '@e2image/ext-core';

/** What changes whole blocks in place. */
interface Transform {
  transform(bytes: Uint8Array, byteOffset: number): void;
}

/**
 * A source whose blocks are transformed when they are read. Holes stay holes, cut to whole blocks, as blocks of zeros
 * hold nothing to hide.
 */
export function scrambledSource(scrambler: Transform, source: Source, blockSize: number): Source {
  const { extentAt } = source;
  return {
    size: source.size,
    readAt: (into, offset) => readScrambled(scrambler, source, blockSize, into, offset),
    ...(extentAt && {
      extentAt: (offset: number) => wholeBlocks(extentAt.call(source, offset), blockSize, source.size),
    }),
  };
}

function readScrambled(
  scrambler: Transform,
  source: Source,
  blockSize: number,
  into: Uint8Array,
  offset: number,
): void {
  const before = offset % blockSize;
  if (before === 0 && into.length % blockSize === 0) {
    source.readAt(into, offset);
    scrambler.transform(into, offset);
    return;
  }
  // Part of a block: the whole one says what it is. The source may end within its last block.
  const from = offset - before;
  const whole = new Uint8Array(Math.ceil((before + into.length) / blockSize) * blockSize);
  source.readAt(whole.subarray(0, Math.min(whole.length, source.size - from)), from);
  scrambler.transform(whole, from);
  into.set(whole.subarray(before, before + into.length));
}

function wholeBlocks({ kind, offset, length }: SourceExtent, blockSize: number, size: number): SourceExtent {
  const end = offset + length;
  const blockEnd = Math.min(size, (Math.floor(offset / blockSize) + 1) * blockSize);
  if (kind === 'hole' && offset % blockSize === 0) {
    const wholeEnd = end >= size ? size : end - (end % blockSize);
    if (wholeEnd > offset) return { kind, offset, length: wholeEnd - offset };
  }
  if (kind === 'hole') return { kind: 'data', offset, length: blockEnd - offset };
  return { kind, offset, length: Math.min(size, Math.ceil(end / blockSize) * blockSize) - offset };
}
