import { STAGING_BYTES } from '../io/staging.ts';

/** Called with a piece of the disk. `bytes` is borrowed until the promise settles. */
export type OnData = (bytes: Uint8Array, guestOffset: number) => void | Promise<void>;

/** Joins guest clusters that follow each other into larger pieces. */
export class GuestPieces {
  readonly #onData: OnData;
  readonly #buffer: Uint8Array;
  #start = 0;
  #fill = 0;
  /** Bytes passed on. */
  bytes = 0;

  constructor(clusterSize: number, onData: OnData) {
    this.#onData = onData;
    this.#buffer = new Uint8Array(Math.max(STAGING_BYTES, clusterSize));
  }

  async put(bytes: Uint8Array, guestOffset: number): Promise<void> {
    const isNext = guestOffset === this.#start + this.#fill;
    if (!isNext || this.#fill + bytes.length > this.#buffer.length) {
      await this.flush();
      this.#start = guestOffset;
    }
    this.#buffer.set(bytes, this.#fill);
    this.#fill += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#fill === 0) return;
    const fill = this.#fill;
    this.#fill = 0;
    this.bytes += fill;
    await this.#onData(this.#buffer.subarray(0, fill), this.#start);
    this.#start += fill;
  }
}
