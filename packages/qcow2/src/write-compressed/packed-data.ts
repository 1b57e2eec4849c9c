import { ClusterRuns } from '../base/cluster-runs.ts';
import type { CodedCluster } from './code-clusters.ts';
import { heldClusters, Packing } from './packing.ts';
import { StoredLengths } from './stored-lengths.ts';

/** Bytes gathered before they are passed on. */
const EMIT_BYTES = 1 << 18;

/** Called with the data part piece by piece, in order; `bytes` is borrowed until the promise settles. */
export type Emit = (bytes: Uint8Array) => void | Promise<void>;

/**
 * Packs coded clusters into the data part of an image and passes its bytes on in order, whole clusters at a time. Keeps
 * in memory what may still be added to: see `Packing`.
 */
export class PackedDataWriter {
  /** The guest clusters so far. */
  readonly stored = new ClusterRuns();
  /** Their lengths. */
  readonly lengths = new StoredLengths();
  readonly #packing: Packing;
  readonly #emit: Emit;
  readonly #window: Uint8Array;
  /** Byte of the data part where the window starts. */
  #base = 0;
  #compressedCount = 0;

  constructor(clusterSize: number, emit: Emit) {
    this.#emit = emit;
    this.#packing = new Packing(clusterSize);
    // What is final but not passed on yet, then the open cluster, those held after it, and one that a stream may run into.
    this.#window = new Uint8Array(Math.max(EMIT_BYTES, clusterSize) + (heldClusters(clusterSize) + 3) * clusterSize);
  }

  /** Bytes of the data part so far: whole clusters. */
  get end(): number {
    return this.#packing.end;
  }

  get compressedCount(): number {
    return this.#compressedCount;
  }

  /** What `end` would be with this cluster added. */
  endWith({ bytes, isCompressed }: CodedCluster): number {
    return this.#packing.endAfter(isCompressed ? bytes.length : 0);
  }

  async add({ guest, bytes, isCompressed }: CodedCluster): Promise<void> {
    const length = isCompressed ? bytes.length : 0;
    const offset = this.#packing.place(length);
    this.#window.set(bytes, offset - this.#base);
    this.stored.push(guest, 1);
    this.lengths.push(length);
    if (isCompressed) this.#compressedCount++;
    if (this.#packing.settled - this.#base >= EMIT_BYTES) await this.#passOn(this.#packing.settled);
  }

  /** Pass on the rest, padded with zeros to a whole cluster. */
  async finish(): Promise<void> {
    if (this.#packing.end > this.#base) await this.#passOn(this.#packing.end);
  }

  async #passOn(to: number): Promise<void> {
    const length = to - this.#base;
    await this.#emit(this.#window.subarray(0, length));
    // Move the rest to the front and clear what follows it: gaps are never written, and must be zeros.
    const used = this.#packing.end - this.#base;
    this.#window.copyWithin(0, length, used);
    this.#window.fill(0, used - length, used);
    this.#base = to;
  }
}
