/** A host cluster that has arrived. */
export interface PassingCluster {
  readonly index: number;
  /** A whole cluster; what the file lacks of its last one is zeros. */
  readonly bytes: Uint8Array;
  /** Bytes of it that the file has: all but for its last one. */
  readonly length: number;
  /** References to it that were followed; Infinity for one that is not data. */
  used: number;
}

/** Clusters kept after they have passed: a compressed cluster's sectors touch at most three. */
const KEPT_CLUSTERS = 2;

/** The last few clusters of a stream, by number: the bytes of one stay until some others have come after it. */
export class ClusterRing {
  readonly #slots: Uint8Array[];
  readonly #entries: PassingCluster[] = [];
  #next = 0;

  constructor(clusterSize: number) {
    this.#slots = Array.from({ length: KEPT_CLUSTERS + 2 }, () => new Uint8Array(clusterSize));
  }

  /** Where the next cluster's bytes go. */
  get slot(): Uint8Array {
    const slot = this.#slots[this.#next % this.#slots.length];
    if (slot === undefined) throw new RangeError('a ring has slots');
    return slot;
  }

  /**
   * The slot has been filled with cluster `index`, of which `length` bytes came; the rest becomes zeros.
   *
   * @returns it, and the cluster that falls out: valid until the next
   */
  push(index: number, length: number): { readonly current: PassingCluster; readonly out: PassingCluster | undefined } {
    const current: PassingCluster = { index, bytes: this.slot.fill(0, length), length, used: 0 };
    this.#next++;
    this.#entries.push(current);
    return { current, out: this.#entries.length > KEPT_CLUSTERS + 1 ? this.#entries.shift() : undefined };
  }

  get(index: number): PassingCluster | undefined {
    return this.#entries.find((entry) => entry.index === index);
  }
}
