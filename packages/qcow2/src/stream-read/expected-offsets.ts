const FIRST_CAPACITY = 64;

/**
 * Stream offsets that are known in advance, each with a number, for example the L1 index of the table that starts
 * there. Add them in any order, call `sort`, then take them in ascending order. 16 bytes for each.
 */
export class ExpectedOffsets {
  #offsets = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  #next = 0;

  add(offset: number, value: number): void {
    if (this.#count === this.#offsets.length) {
      this.#offsets = doubled(this.#offsets);
      this.#values = doubled(this.#values);
    }
    this.#offsets[this.#count] = offset;
    this.#values[this.#count] = value;
    this.#count++;
  }

  /** How many were not taken yet. */
  get left(): number {
    return this.#count - this.#next;
  }

  /** The first offset that was not taken; undefined when all were. */
  get nextOffset(): number | undefined {
    return this.#next < this.#count ? this.#offsets[this.#next] : undefined;
  }

  /** Call once, after the last `add`. */
  sort(): void {
    const offsets = this.#offsets.subarray(0, this.#count);
    if (offsets.every((offset, i) => i === 0 || (offsets[i - 1] ?? 0) <= offset)) return;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i);
    order.sort((a, b) => (offsets[a] ?? 0) - (offsets[b] ?? 0));
    const values = this.#values;
    this.#offsets = Float64Array.from(order, (i) => offsets[i] ?? 0);
    this.#values = Float64Array.from(order, (i) => values[i] ?? 0);
  }

  /** An offset that was added more than once; undefined when all differ. Call after `sort`. */
  get repeated(): number | undefined {
    const offsets = this.#offsets.subarray(0, this.#count);
    const index = offsets.findIndex((offset, i) => i > 0 && offset === offsets[i - 1]);
    return index < 0 ? undefined : offsets[index];
  }

  /** Take the next one if its offset is at most `limit`; else undefined. @returns its offset and number */
  take(limit: number): { readonly offset: number; readonly value: number } | undefined {
    const offset = this.nextOffset;
    if (offset === undefined || offset > limit) return undefined;
    const value = this.#values[this.#next] ?? 0;
    this.#next++;
    return { offset, value };
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
