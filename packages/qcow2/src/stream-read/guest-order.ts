import { type ClusterRun, ClusterRuns } from '../base/cluster-runs.ts';
import type { OnData } from './guest-pieces.ts';
import { cannotStream } from './stream-errors.ts';

/** Bytes that may be held until the clusters before them arrive. */
const WAIT_LIMIT = 1 << 26;

/**
 * Puts guest clusters into the disk's order, when all their numbers are known. Images that were written front
 * to back need at most a megabyte for that: a compressed cluster may be stored before one that did not shrink.
 */
export class GuestOrder {
  readonly #put: (bytes: Uint8Array, guestOffset: number) => Promise<void>;
  readonly #clusterSize: number;
  readonly #runs: Iterator<ClusterRun>;
  readonly #waiting = new Map<number, Uint8Array>();
  #next: number | undefined;
  #end = 0;

  /** @param put is called with the clusters in order; `bytes` is borrowed until its promise settles */
  constructor(stored: ClusterRuns, clusterSize: number, put: (...args: Parameters<OnData>) => Promise<void>) {
    this.#put = put;
    this.#clusterSize = clusterSize;
    this.#runs = stored[Symbol.iterator]();
    this.#advance();
  }

  /** @throws Qcow2Error QCOW2_CANNOT_STREAM when too many bytes would have to be held */
  async put(bytes: Uint8Array, guestOffset: number): Promise<void> {
    if (guestOffset / this.#clusterSize !== this.#next) {
      if (this.#waiting.size * this.#clusterSize >= WAIT_LIMIT) throw cannotStream('its data is in no order');
      this.#waiting.set(guestOffset / this.#clusterSize, bytes.slice());
      return;
    }
    await this.#put(bytes, guestOffset);
    this.#advance();
    for (let next = this.#next; next !== undefined; next = this.#next) {
      const waiting = this.#waiting.get(next);
      if (waiting === undefined) return;
      this.#waiting.delete(next);
      await this.#put(waiting, next * this.#clusterSize);
      this.#advance();
    }
  }

  #advance(): void {
    const next = (this.#next ?? -1) + 1;
    if (this.#next !== undefined && next < this.#end) {
      this.#next = next;
      return;
    }
    const run = this.#runs.next();
    this.#next = run.done === true ? undefined : run.value.start;
    this.#end = run.done === true ? 0 : run.value.start + run.value.count;
  }
}

/** Collects the guest clusters of the tables as they arrive. Only useful when the tables arrive in the disk's order. */
export class StoredGuests {
  readonly runs = new ClusterRuns();
  #isOrdered = true;

  /** The collected clusters; undefined when the tables did not arrive in order. */
  get known(): ClusterRuns | undefined {
    return this.#isOrdered ? this.runs : undefined;
  }

  add(guest: number): void {
    if (guest < this.runs.end) this.#isOrdered = false;
    if (this.#isOrdered) this.runs.push(guest, 1);
  }
}
