/** Rotate 32 bits to the left by 1 to 31 positions. */
export const rotl = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** Turn 32 bits into others, one to one. Source: MurmurHash3, fmix32. */
export function mix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}
