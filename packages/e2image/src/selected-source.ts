import type { BlockSet } from '@e2image/ext-core';
import type { Source } from '@e2image/sparse-io';

/**
 * A source in which only the selected blocks have contents: all others read as zeros.
 *
 * For images whose unit is larger than a block: a metadata image must not carry what happens to lie beside its blocks.
 * The cost is one question for each block that is read, none for the others.
 */
export function onlySelected(source: Source, selected: BlockSet, blockSize: number): Source {
  return {
    size: source.size,
    readAt(into, offset) {
      let known = offset;
      const end = offset + into.length;
      for (let at = offset; at < end; ) {
        const blockEnd = Math.min(end, (Math.floor(at / blockSize) + 1) * blockSize);
        if (!selected.has(Math.floor(at / blockSize))) {
          if (at > known) source.readAt(into.subarray(known - offset, at - offset), known);
          into.fill(0, at - offset, blockEnd - offset);
          known = blockEnd;
        }
        at = blockEnd;
      }
      if (end > known) source.readAt(into.subarray(known - offset), known);
    },
  };
}
