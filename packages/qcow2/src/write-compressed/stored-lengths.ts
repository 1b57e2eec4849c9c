/** Lengths of one piece of the list. */
const PIECE = 1 << 14;

/**
 * The lengths of the stored clusters in guest order, 4 bytes each: all that must be remembered of a compressed image,
 * because `Packing` computes the offsets again.
 */
export class StoredLengths {
  readonly #pieces: Uint32Array[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param length bytes of the compressed cluster; 0 for one stored as it is */
  push(length: number): void {
    const index = this.#count % PIECE;
    if (index === 0) this.#pieces.push(new Uint32Array(PIECE));
    const piece = this.#pieces[this.#pieces.length - 1];
    if (piece !== undefined) piece[index] = length;
    this.#count++;
  }

  /** The length of stored cluster `ordinal`; undefined beyond the last. */
  at(ordinal: number): number | undefined {
    return ordinal < this.#count ? this.#pieces[Math.floor(ordinal / PIECE)]?.[ordinal % PIECE] : undefined;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let ordinal = 0; ordinal < this.#count; ordinal++) yield this.at(ordinal) ?? 0;
  }
}
