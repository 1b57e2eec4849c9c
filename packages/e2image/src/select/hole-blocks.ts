import type { Filesystem } from '@e2image/ext-core';

/** Whole blocks from `block` on that are a hole of the source. */
export function holeBlocks({ source, blockSize }: Filesystem, block: number): number {
  const offset = block * blockSize;
  const extent = offset < source.size ? source.extentAt?.(offset) : undefined;
  return extent?.kind === 'hole' ? Math.floor(extent.length / blockSize) : 0;
}
