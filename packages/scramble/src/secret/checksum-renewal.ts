/** Bits that turn a right checksum into a wrong one. */
const WRONG = 0x5ca1_ab1e;

/**
 * The checksum to store after a structure was changed. A right one stays right, and a wrong one stays wrong. A wrong one
 * is replaced by another wrong one: it may be the checksum of a secret. Zero, which often means "no checksum", stays.
 *
 * @param stored the stored checksum
 * @param before the right checksum before the change, as wide as `stored`
 * @param after the right checksum after the change
 * @param mask the bits that are stored
 */
export function renewChecksum(stored: number, before: number, after: number, mask = 0xffff_ffff): number {
  if (stored === before) return (after & mask) >>> 0;
  return stored === 0 ? 0 : ((after ^ WRONG) & mask) >>> 0;
}
