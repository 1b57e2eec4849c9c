/** Reads any number of bytes from a stream of chunks. Each chunk is consumed before the next one is asked for. */
export class ChunkReader {
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

  /** Stop reading: lets the source of the stream close. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
