import { SECTOR } from '../base/limits.ts';

/** Bytes that may be held after a cluster that is not full yet: see `Packing`. */
const HELD_BYTES = 1 << 20;
const MAX_HELD_CLUSTERS = 16;
/** Largest 16-bit refcount. */
const MAX_REFERENCES = 0xffff;

/** Whole clusters that may be placed after the one that is not full yet. */
export function heldClusters(clusterSize: number): number {
  return Math.max(1, Math.min(MAX_HELD_CLUSTERS, Math.floor(HELD_BYTES / clusterSize)));
}

/**
 * Computes the offsets of clusters in the data part of an image from their lengths alone. The same lengths give the same
 * offsets again, so that tables can be made afterwards, or before the data is compressed a second time.
 *
 * Compressed clusters are packed byte to byte and may run on into the next host cluster. One that did not shrink takes
 * a host cluster of its own; the open one, which is not full yet, accepts further compressed clusters that fit, and a few
 * whole clusters may follow it meanwhile, as in QEMU. Only a few, because the bytes in between must be held
 * back when the output cannot seek.
 */
export class Packing {
  readonly #clusterSize: number;
  readonly #maxHeld: number;
  /** Byte where the open cluster's free part starts; undefined when none is open. */
  #tail: number | undefined;
  /** Compressed clusters that touch the open one. */
  #references = 0;
  /** Start of the first host cluster that nothing was placed in. */
  #end = 0;

  constructor(clusterSize: number) {
    this.#clusterSize = clusterSize;
    this.#maxHeld = heldClusters(clusterSize);
  }

  /** Bytes of the data part: whole clusters. */
  get end(): number {
    return this.#end;
  }

  /** No later cluster is placed before this byte; a multiple of the cluster size. */
  get settled(): number {
    return this.#tail === undefined ? this.#end : Math.floor(this.#tail / this.#clusterSize) * this.#clusterSize;
  }

  /**
   * Place the next cluster. @returns its byte in the data part
   *
   * @param compressedLength its bytes, less than a cluster; 0 for a cluster stored as it is
   */
  place(compressedLength: number): number {
    if (compressedLength === 0) return this.#placeWhole();
    const offset = this.#placeFor(compressedLength);
    const tail = offset + compressedLength;
    const isNewCluster = tail > this.#end;
    this.#references = isNewCluster ? 1 : this.#references + 1;
    if (isNewCluster) this.#end += this.#clusterSize;
    // A cluster that is full to the last byte is not open any more.
    this.#tail = tail % this.#clusterSize === 0 ? undefined : tail;
    return offset;
  }

  /** What `end` would be after `place`. */
  endAfter(compressedLength: number): number {
    const isInside = compressedLength > 0 && this.#placeFor(compressedLength) + compressedLength <= this.#end;
    return isInside ? this.#end : this.#end + this.#clusterSize;
  }

  #placeWhole(): number {
    const offset = this.#end;
    this.#end += this.#clusterSize;
    const held = (this.#end - this.settled) / this.#clusterSize - 1;
    if (this.#tail !== undefined && held > this.#maxHeld) this.#tail = undefined;
    return offset;
  }

  #placeFor(length: number): number {
    if (this.#tail === undefined || this.#references >= MAX_REFERENCES) return this.#end;
    const openEnd = this.settled + this.#clusterSize;
    const isLast = openEnd === this.#end;
    return isLast || this.#tail + length <= openEnd ? this.#tail : this.#end;
  }
}

/** Host clusters `[first, last]` that the sectors of a compressed cluster touch: each counts one reference. */
export function touchedClusters(offset: number, length: number, clusterSize: number): { first: number; last: number } {
  // Whole sectors are counted; a cluster is made of whole sectors, so only the last byte's cluster matters.
  const end = Math.ceil((offset + length) / SECTOR) * SECTOR;
  return { first: Math.floor(offset / clusterSize), last: Math.floor((end - 1) / clusterSize) };
}
