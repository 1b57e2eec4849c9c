import { mix32, rotl } from '../secret/word-mixing.ts';
import { KeyTable } from './key-table.ts';

/** Odd multipliers that spread bits well: the first is that of FNV-1a, the second one of MurmurHash3. */
const FIRST = 0x0100_0193;
const SECOND = 0xcc9e_2d51;

/**
 * A set of names that stores 64 bits of each. In one of 30 million directories of a million names two different names
 * have the same bits; the second one may then get a name that is used. A keyed digest would take ten times as long and is
 * not needed: the set is not stored in an image.
 */
export class NameSet {
  readonly #table = new KeyTable();

  /** Add the name of `length` bytes at `from`. @returns false when the set contained it */
  add(bytes: Uint8Array, from: number, length: number): boolean {
    let high = length;
    let low = ~length;
    for (let at = from; at < from + length; at++) {
      const byte = bytes[at] as number;
      high = Math.imul(high ^ byte, FIRST);
      low = rotl(Math.imul(low ^ byte, SECOND), 13);
    }
    high = mix32(high);
    low = mix32(low ^ high);
    if (this.#table.get(high, low) >= 0) return false;
    this.#table.set(high, low, 0);
    return true;
  }

  /** Remove all names. */
  clear(): void {
    this.#table.clear();
  }
}
