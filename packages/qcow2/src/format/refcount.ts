import { HALF } from './field.ts';

/** Refcounts that one block, a cluster, holds. @param order refcount_order: the width is 2^order bits */
export function refcountsPerBlock(clusterBits: number, order: number): number {
  return 2 ** (clusterBits + 3 - order);
}

/** How many clusters the refcounts of an image take. */
export interface RefcountSize {
  /** Clusters of the refcount table. */
  readonly tableClusters: number;
  /** Refcount blocks, one cluster each. */
  readonly blocks: number;
}

/**
 * The smallest table and blocks that cover `clusters` other clusters and themselves.
 *
 * The two sizes depend on each other; both only grow until nothing is missing, so this ends. A spare block that the
 * last growth leaves is legal when it is counted too.
 */
export function refcountSize({
  clusters,
  clusterBits,
  order,
}: {
  clusters: number;
  clusterBits: number;
  order: number;
}): RefcountSize {
  const perBlock = refcountsPerBlock(clusterBits, order);
  const perTable = 2 ** (clusterBits - 3);
  let tableClusters = 1;
  let blocks = 1;
  for (;;) {
    const needBlocks = Math.max(blocks, Math.ceil((clusters + tableClusters + blocks) / perBlock));
    const needTable = Math.max(tableClusters, Math.ceil(needBlocks / perTable));
    if (needBlocks === blocks && needTable === tableClusters) return { tableClusters, blocks };
    blocks = needBlocks;
    tableClusters = needTable;
  }
}

/**
 * Refcount `index` of a block. Widths below 8 bits fill each byte from its least significant bit; wider ones are
 * big-endian. A 64-bit count above 2^53 is rounded: no image has so many references.
 */
export function getRefcount(block: DataView, index: number, order: number): number {
  switch (order) {
    case 3:
      return block.getUint8(index);
    case 4:
      return block.getUint16(index * 2);
    case 5:
      return block.getUint32(index * 4);
    case 6:
      return block.getUint32(index * 8) * HALF + block.getUint32(index * 8 + 4);
    default: {
      const width = 2 ** order;
      const bit = index * width;
      return (block.getUint8(bit >>> 3) >>> (bit & 7)) & (2 ** width - 1);
    }
  }
}

/** Set refcount `index` of a block. `count` must fit 2^order bits. */
export function setRefcount(block: DataView, index: number, order: number, count: number): void {
  switch (order) {
    case 3:
      block.setUint8(index, count);
      return;
    case 4:
      block.setUint16(index * 2, count);
      return;
    case 5:
      block.setUint32(index * 4, count);
      return;
    case 6:
      block.setUint32(index * 8, Math.floor(count / HALF));
      block.setUint32(index * 8 + 4, count % HALF);
      return;
    default: {
      const width = 2 ** order;
      const bit = index * width;
      const mask = (2 ** width - 1) << (bit & 7);
      const rest = block.getUint8(bit >>> 3) & ~mask;
      block.setUint8(bit >>> 3, rest | (count << (bit & 7)));
    }
  }
}

/** Set refcounts `[from, to)` of a block to 1. */
export function fillRefcounts(block: DataView, from: number, to: number, order: number): void {
  for (let index = from; index < to; index++) setRefcount(block, index, order, 1);
}
