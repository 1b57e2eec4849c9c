import type { BlockSet } from '@e2image/ext-core/walk';
import type { Source } from '@e2image/sparse-io';
import type { SelectedBlocks } from './selected-blocks.ts';

/** A source whose reads may have to wait until the selection is found. */
export interface SelectedSource {
  readonly size: number;
  readAt(into: Uint8Array, offset: number): void | Promise<void>;
}

/**
 * A source in which only the selected blocks have contents: all others read as zeros.
 *
 * For images whose unit is larger than a block: a metadata image must not contain the neighbours of its blocks. It costs
 * one lookup for each block that is read. Read in ascending order: going back may need another walk.
 */
export function selectedSource(
  source: Source,
  selected: Pick<SelectedBlocks, 'at' | 'load'>,
  blockSize: number,
): SelectedSource {
  const readAt = (into: Uint8Array, offset: number): void | Promise<void> => {
    const first = Math.floor(offset / blockSize);
    const window = selected.at(first);
    if (window === undefined) return selected.load(first).then(() => readAt(into, offset));
    const length = Math.min(into.length, window.end * blockSize - offset);
    readWithin(source, { window, blockSize }, into.subarray(0, length), offset);
    return length < into.length ? readAt(into.subarray(length), offset + length) : undefined;
  };
  return { size: source.size, readAt };
}

/** Read a range that is inside of one window. */
function readWithin(
  source: Source,
  { window, blockSize }: { readonly window: BlockSet; readonly blockSize: number },
  into: Uint8Array,
  offset: number,
): void {
  let known = offset;
  const end = offset + into.length;
  for (let at = offset; at < end; ) {
    const block = Math.floor(at / blockSize);
    const blockEnd = Math.min(end, (block + 1) * blockSize);
    if (!window.has(block)) {
      if (at > known) source.readAt(into.subarray(known - offset, at - offset), known);
      into.fill(0, at - offset, blockEnd - offset);
      known = blockEnd;
    }
    at = blockEnd;
  }
  if (end > known) source.readAt(into.subarray(known - offset), known);
}
