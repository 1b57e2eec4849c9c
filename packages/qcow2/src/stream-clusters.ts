import { Qcow2Error } from './errors.ts';

/** A host cluster that has come in. */
export interface PassingCluster {
  readonly index: number;
  /** A whole cluster; what the file lacks of its last one is zeros. */
  readonly bytes: Uint8Array;
  /** References to it that were followed; Infinity for one that is not data. */
  used: number;
}

/** Clusters kept behind the current one: a compressed cluster's sectors touch at most three. */
export const KEPT_BEHIND = 2;

/**
 * Cuts a stream into host clusters. The bytes of a cluster stay until `KEPT_BEHIND` others have come after it, then
 * they are overwritten.
 */
export class ClusterStream {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #taken = 0;
  #size = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes that have been taken. */
  get size(): number {
    return this.#size;
  }

  /**
   * Take bytes into `into`.
   *
   * @returns how many: less than asked for only at the end of the stream
   */
  async fill(into: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      if (this.#taken === this.#chunk.length) {
        const next = await this.#chunks.next();
        if (next.done === true) break;
        this.#chunk = next.value;
        this.#taken = 0;
        continue;
      }
      const part = this.#chunk.subarray(this.#taken, this.#taken + into.length - filled);
      into.set(part, filled);
      filled += part.length;
      this.#taken += part.length;
    }
    this.#size += filled;
    return filled;
  }

  /** The stream is not read on: let its source close. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** The last few clusters, by number. */
export class ClusterRing {
  readonly #slots: Uint8Array[];
  readonly #entries: PassingCluster[] = [];
  #next = 0;

  constructor(clusterSize: number) {
    this.#slots = Array.from({ length: KEPT_BEHIND + 2 }, () => new Uint8Array(clusterSize));
  }

  /** Where the next cluster's bytes go. */
  get slot(): Uint8Array {
    const slot = this.#slots[this.#next % this.#slots.length];
    if (slot === undefined) throw new RangeError('a ring has slots');
    return slot;
  }

  /** The slot has been filled with cluster `index`. @returns it, and the cluster that falls out: valid until the next */
  push(index: number): { readonly current: PassingCluster; readonly out: PassingCluster | undefined } {
    const current: PassingCluster = { index, bytes: this.slot, used: 0 };
    this.#next++;
    this.#entries.push(current);
    return { current, out: this.#entries.length > KEPT_BEHIND + 1 ? this.#entries.shift() : undefined };
  }

  get(index: number): PassingCluster | undefined {
    return this.#entries.find((entry) => entry.index === index);
  }
}

/** Thrown where a layout needs more than one pass. */
export function cannotStream(why: string, hostOffset?: number): Qcow2Error {
  const message = `this image cannot be read from a stream, use a file: ${why}`;
  return new Qcow2Error('QCOW2_CANNOT_STREAM', message, hostOffset === undefined ? {} : { hostOffset });
}
