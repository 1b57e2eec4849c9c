/** Position of a name relative to the range of its leaf. Outside is a defect of the index that must stay one. */
export const SIDE = { inside: 0, below: 1, above: 2 } as const;
/** One of them. */
export type Side = (typeof SIDE)[keyof typeof SIDE];

/** In position of a leaf: the name is not limited by an index. */
export const ANY_LEAF = -1;

const FIRST_CAPACITY = 256;

/** Names of one directory that wait for new ones: 14 bytes each, whatever their length. Reused for the next directory. */
export class PendingNames {
  count = 0;
  /** Digest of the name within its directory. */
  high = new Int32Array(FIRST_CAPACITY);
  low = new Int32Array(FIRST_CAPACITY);
  leaf = new Int32Array(FIRST_CAPACITY);
  length = new Uint8Array(FIRST_CAPACITY);
  side = new Uint8Array(FIRST_CAPACITY);

  /** Add a name by its digest, length, leaf and side. */
  add(high: number, low: number, length: number, leaf: number, side: Side): void {
    if (this.count === this.leaf.length) this.#grow();
    const at = this.count++;
    this.high[at] = high;
    this.low[at] = low;
    this.length[at] = length;
    this.leaf[at] = leaf;
    this.side[at] = side;
  }

  /** Remove all names. */
  clear(): void {
    this.count = 0;
  }

  /** Keep the names for which `isWanted` is true, in their order. */
  filter(isWanted: (at: number) => boolean): void {
    let to = 0;
    for (let at = 0; at < this.count; at++) {
      if (!isWanted(at)) continue;
      this.high[to] = this.high[at] as number;
      this.low[to] = this.low[at] as number;
      this.leaf[to] = this.leaf[at] as number;
      this.length[to] = this.length[at] as number;
      this.side[to] = this.side[at] as number;
      to++;
    }
    this.count = to;
  }

  /** Indexes of the names by length: those of n bytes are `order[starts[n], starts[n + 1])`. */
  byLength(): { readonly order: Uint32Array; readonly starts: Uint32Array } {
    const starts = new Uint32Array(257);
    for (let at = 0; at < this.count; at++) {
      const slot = (this.length[at] as number) + 1;
      starts[slot] = (starts[slot] as number) + 1;
    }
    for (let length = 0; length < 256; length++) {
      starts[length + 1] = (starts[length + 1] as number) + (starts[length] as number);
    }
    const next = starts.slice();
    const order = new Uint32Array(this.count);
    for (let at = 0; at < this.count; at++) {
      const length = this.length[at] as number;
      const position = next[length] as number;
      order[position] = at;
      next[length] = position + 1;
    }
    return { order, starts };
  }

  #grow(): void {
    const capacity = this.leaf.length * 2;
    const larger = <T extends Int32Array | Uint8Array>(array: T, next: T): T => {
      next.set(array);
      return next;
    };
    this.high = larger(this.high, new Int32Array(capacity));
    this.low = larger(this.low, new Int32Array(capacity));
    this.leaf = larger(this.leaf, new Int32Array(capacity));
    this.length = larger(this.length, new Uint8Array(capacity));
    this.side = larger(this.side, new Uint8Array(capacity));
  }
}
