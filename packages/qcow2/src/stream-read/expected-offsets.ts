const FIRST_CAPACITY = 64;

/**
 * Places of a stream that are known ahead, each with a number: which table is where. Added in any order, then `sort`,
 * then taken as they come by. 16 bytes each.
 */
export class Milestones {
  #places = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #count = 0;
  #next = 0;

  add(place: number, value: number): void {
    if (this.#count === this.#places.length) {
      this.#places = doubled(this.#places);
      this.#values = doubled(this.#values);
    }
    this.#places[this.#count] = place;
    this.#values[this.#count] = value;
    this.#count++;
  }

  /** Places that were not taken yet. */
  get left(): number {
    return this.#count - this.#next;
  }

  /** The first place that was not taken. */
  get nextPlace(): number | undefined {
    return this.#next < this.#count ? this.#places[this.#next] : undefined;
  }

  /** Call once, after the last `add`. */
  sort(): void {
    const places = this.#places.subarray(0, this.#count);
    if (places.every((place, i) => i === 0 || (places[i - 1] ?? 0) <= place)) return;
    const order = Uint32Array.from({ length: this.#count }, (_, i) => i);
    order.sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
    const values = this.#values;
    this.#places = Float64Array.from(order, (i) => places[i] ?? 0);
    this.#values = Float64Array.from(order, (i) => values[i] ?? 0);
  }

  /** A place that was added more than once, if there is one. Ask after `sort`. */
  get repeated(): number | undefined {
    const places = this.#places.subarray(0, this.#count);
    const index = places.findIndex((place, i) => i > 0 && place === places[i - 1]);
    return index < 0 ? undefined : places[index];
  }

  /** Take the next one if its place is at most `place`. @returns its place and number */
  take(place: number): { readonly place: number; readonly value: number } | undefined {
    const next = this.nextPlace;
    if (next === undefined || next > place) return undefined;
    const value = this.#values[this.#next] ?? 0;
    this.#next++;
    return { place: next, value };
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
