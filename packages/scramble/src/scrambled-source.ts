import type { Source, SourceExtent } from '@e2image/ext-core';
import { type BlockSet, firstRunEndingAfter } from '@e2image/ext-core/walk';

/** Changes whole blocks in place. */
interface Transform {
  transform(bytes: Uint8Array, byteOffset: number): void;
}

/** How `scrambledSource` scrambles. */
export interface ScrambledSourceOptions {
  readonly scrambler: Transform;
  readonly blockSize: number;
  /** Blocks that always become zeros: `extentAt` reports them as holes, so that nobody reads them. */
  readonly zeroed: BlockSet;
}

/**
 * A source whose blocks are transformed when they are read. Holes stay holes, reduced to whole blocks: a block of zeros
 * contains nothing to hide.
 */
export function scrambledSource(source: Source, options: ScrambledSourceOptions): Source {
  const { size } = source;
  const { blockSize } = options;
  const zeroed = [...options.zeroed.runs()];
  return {
    size,
    readAt: (into, offset) => readScrambled(source, options, into, offset),
    extentAt: (offset) => {
      const block = Math.floor(offset / blockSize);
      const next = zeroed[firstRunEndingAfter(zeroed, block)];
      if (next && next.start <= block) {
        const end = Math.min(size, (next.start + next.count) * blockSize);
        return { kind: 'hole', offset, length: end - offset };
      }
      const found = source.extentAt?.(offset) ?? { kind: 'data', offset, length: size - offset };
      const { kind, length } = wholeBlocks(found, blockSize, size);
      const limit = next === undefined ? size : next.start * blockSize;
      return { kind, offset, length: Math.min(offset + length, limit) - offset };
    },
  };
}

function readScrambled(
  source: Source,
  { scrambler, blockSize }: ScrambledSourceOptions,
  into: Uint8Array,
  offset: number,
): void {
  const before = offset % blockSize;
  if (before === 0 && into.length % blockSize === 0) {
    source.readAt(into, offset);
    scrambler.transform(into, offset);
    return;
  }
  // A part of a block: transform the whole one. The source may end within its last block.
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
