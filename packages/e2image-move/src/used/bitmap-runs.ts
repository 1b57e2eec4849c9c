/** A run of set bits `[start, start + count)`. */
export interface BitRun {
  readonly start: number;
  readonly count: number;
}

/** The runs of set bits of a bitmap, bit 0 of a byte first, ascending. Costs by words and runs, not by bits. */
export function* bitmapRuns(bitmap: Uint8Array): Generator<BitRun> {
  const bits = bitmap.length * 8;
  for (let at = seek(bitmap, 0, 0); at < bits; ) {
    const end = seek(bitmap, at, 0xff);
    yield { start: at, count: end - at };
    at = seek(bitmap, end, 0);
  }
}

/** First bit at or after `from` that is set (`flip` 0) or clear (`flip` 0xff); the number of bits if there is none. */
function seek(bitmap: Uint8Array, from: number, flip: number): number {
  let index = from >>> 3;
  if (index >= bitmap.length) return bitmap.length * 8;
  let value = (((bitmap[index] as number) ^ flip) >>> (from & 7)) << (from & 7);
  while (value === 0) {
    index++;
    if (index === bitmap.length) return bitmap.length * 8;
    value = (bitmap[index] as number) ^ flip;
  }
  return index * 8 + 31 - Math.clz32(value & -value);
}
