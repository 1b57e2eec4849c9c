/** Turns a right checksum into a wrong one. */
const WRONG = 0x5ca1_ab1e;

/**
 * What to store as checksum of something that was changed. A right one stays right and a wrong one wrong; but a wrong
 * one is not kept, as it may be the checksum of what had to be hidden. Zero, which often means none, stays.
 *
 * @param stored what was found
 * @param before what was right before the change, as wide as `stored`
 * @param after what is right now
 * @param mask bits of the checksum
 */
export function renewChecksum(stored: number, before: number, after: number, mask = 0xffff_ffff): number {
  if (stored === before) return (after & mask) >>> 0;
  return stored === 0 ? 0 : ((after ^ WRONG) & mask) >>> 0;
}
