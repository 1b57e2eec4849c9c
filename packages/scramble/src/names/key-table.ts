/** Slots of the smallest table. */
const MIN_SLOTS = 64;

/**
 * A map from 64-bit digests to 32-bit numbers, 12 bytes a slot and between 1.4 and 2.9 slots an entry: some 25 MB for a
 * million. A JavaScript Map would take five times that.
 */
export class KeyTable {
  #high = new Int32Array(MIN_SLOTS);
  #low = new Int32Array(MIN_SLOTS);
  #values = new Uint32Array(MIN_SLOTS);
  /** Slots in use of those arrays, a power of two. */
  #slots = MIN_SLOTS;
  #size = 0;

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** The number of a digest; -1 for an unknown digest. */
  get(high: number, low: number): number {
    const slot = this.#find(high, low === 0 && high === 0 ? 1 : low);
    return this.#isFree(slot) ? -1 : (this.#values[slot] as number);
  }

  /** Set the number of a digest. @returns false when an older number was replaced */
  set(high: number, low: number, value: number): boolean {
    // Both halves zero mark a free slot.
    const key = low === 0 && high === 0 ? 1 : low;
    const slot = this.#find(high, key);
    const isNew = this.#isFree(slot);
    this.#high[slot] = high;
    this.#low[slot] = key;
    this.#values[slot] = value;
    if (isNew && ++this.#size > this.#slots * 0.7) this.#grow();
    return isNew;
  }

  /** Remove all entries. The time depends on the number of slots in use; afterwards the table has few slots again. */
  clear(): void {
    this.#high.fill(0, 0, this.#slots);
    this.#low.fill(0, 0, this.#slots);
    this.#slots = MIN_SLOTS;
    this.#size = 0;
  }

  #isFree(slot: number): boolean {
    return this.#high[slot] === 0 && this.#low[slot] === 0;
  }

  #find(high: number, low: number): number {
    const mask = this.#slots - 1;
    // The digest is random: its low bits are the first slot to try.
    let slot = low & mask;
    while (!(this.#isFree(slot) || (this.#low[slot] === low && this.#high[slot] === high))) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [high, low, values, slots] = [this.#high, this.#low, this.#values, this.#slots];
    this.#slots = slots * 2;
    this.#high = new Int32Array(this.#slots);
    this.#low = new Int32Array(this.#slots);
    this.#values = new Uint32Array(this.#slots);
    for (let from = 0; from < slots; from++) {
      if (high[from] === 0 && low[from] === 0) continue;
      const to = this.#find(high[from] as number, low[from] as number);
      this.#high[to] = high[from] as number;
      this.#low[to] = low[from] as number;
      this.#values[to] = values[from] as number;
    }
  }
}
