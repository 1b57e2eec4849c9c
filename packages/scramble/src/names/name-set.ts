import { mix32, rotl } from '../secret/word-mixing.ts';
import { KeyTable } from './key-table.ts';

/** Odd numbers that spread bits well: of FNV-1a, and one of MurmurHash3. */
const FIRST = 0x0100_0193;
const SECOND = 0xcc9e_2d51;

/**
 * A set of names, kept as 64 bits each. Two of a million names look the same once in 30 million directories; the second
 * one then gets a name that nobody compared. A keyed digest would cost ten times as much, and hides nothing here: the
 * set is forgotten with the directory.
 */
export class NameSet {
  readonly #table = new KeyTable();

  /** Add the name of `length` bytes at `from`. @returns false when it is there already */
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

  clear(): void {
    this.#table.clear();
  }
}
