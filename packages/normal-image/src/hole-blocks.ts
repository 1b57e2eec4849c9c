import type { Filesystem } from '@e2image/ext-core';

/** Number of whole blocks, from `block` on, that are a hole of the source; 0 when the block has data. */
export function holeBlocks({ source, blockSize }: Pick<Filesystem, 'source' | 'blockSize'>, block: number): number {
  const offset = block * blockSize;
  const extent = offset < source.size ? source.extentAt?.(offset) : undefined;
  return extent?.kind === 'hole' ? Math.floor(extent.length / blockSize) : 0;
}
