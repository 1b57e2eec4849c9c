import type { Spool } from '../io/spool.ts';
import { cannotStream } from './stream-errors.ts';

/** Where held clusters go. */
export interface HoldOptions {
  /** Bytes to keep in memory. Default 16 MiB. */
  readonly holdLimit?: number;
  /** Called when they are exceeded. Without it that is an error. */
  readonly openSpool?: () => Spool | Promise<Spool>;
}

const HOLD_LIMIT = 1 << 24;
/** Clusters that may be held, wherever: each costs some hundred bytes of memory. */
const MAX_HELD = 1 << 20;

interface Held {
  /** In memory; undefined: in the spool. */
  readonly bytes: Uint8Array | undefined;
  readonly spoolOffset: number;
  /** References to it that were not followed yet. */
  left: number;
}

/** Clusters that have passed and may be needed later. */
export class HeldClusters {
  readonly #clusterSize: number;
  readonly #options: HoldOptions;
  readonly #held = new Map<number, Held>();
  #inMemory = 0;
  #spool: Spool | undefined;
  #spooled = 0;
  /** The most bytes that were in memory at a time. */
  maxInMemory = 0;

  constructor(clusterSize: number, options: HoldOptions) {
    this.#clusterSize = clusterSize;
    this.#options = options;
  }

  /** Bytes that went to the spool. */
  get spooled(): number {
    return this.#spooled;
  }

  /**
   * Keep a copy of a cluster until it was taken `left` times.
   *
   * @throws Qcow2Error QCOW2_CANNOT_STREAM when there is no room
   */
  async add(index: number, bytes: Uint8Array, left: number): Promise<void> {
    if (this.#held.size >= MAX_HELD) throw cannotStream(`more than ${MAX_HELD} clusters come before their tables`);
    if (this.#inMemory + this.#clusterSize <= (this.#options.holdLimit ?? HOLD_LIMIT)) {
      this.#held.set(index, { bytes: bytes.slice(), spoolOffset: 0, left });
      this.#inMemory += this.#clusterSize;
      this.maxInMemory = Math.max(this.maxInMemory, this.#inMemory);
      return;
    }
    this.#spool ??= await this.#options.openSpool?.();
    if (this.#spool === undefined) {
      throw cannotStream(`more than ${this.#inMemory} bytes come before the tables that map them`);
    }
    await this.#spool.append(bytes);
    this.#held.set(index, { bytes: undefined, spoolOffset: this.#spooled, left });
    this.#spooled += this.#clusterSize;
  }

  /** Ask for a cluster; undefined when it is not held. @returns bytes that are valid until the next call */
  async take(index: number): Promise<Uint8Array | undefined> {
    const held = this.#held.get(index);
    if (held === undefined) return undefined;
    const bytes = held.bytes ?? (await this.#readSpool(held.spoolOffset));
    held.left--;
    if (held.left <= 0) {
      this.#held.delete(index);
      if (held.bytes !== undefined) this.#inMemory -= this.#clusterSize;
    }
    return bytes;
  }

  /** Releases everything. No cluster is requested afterwards. */
  clear(): void {
    this.#held.clear();
    this.#inMemory = 0;
  }

  async #readSpool(offset: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.#clusterSize);
    await this.#spool?.source().readAt(bytes, offset);
    return bytes;
  }
}
