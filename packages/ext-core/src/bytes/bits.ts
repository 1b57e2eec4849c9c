import type { BlockRun } from './block-run.ts';

/** Set bits `[from, to)` of 32-bit words, bit 0 of a word first. */
export function setBits(bits: Int32Array, from: number, to: number): void {
  let at = from;
  while (at < to && (at & 31) !== 0) {
    bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31));
    at++;
  }
  if (to - at >= 32) {
    bits.fill(-1, at >>> 5, to >>> 5);
    at = to & ~31;
  }
  for (; at < to; at++) bits[at >>> 5] = (bits[at >>> 5] as number) | (1 << (at & 31));
}

/** First bit at or after `from` that is set (`flip` 0) or clear (`flip` -1); the number of bits where none is. */
export function nextBit(bits: Int32Array, from: number, flip: 0 | -1): number {
  if (from >= bits.length * 32) return bits.length * 32;
  let word = from >>> 5;
  let value = (((bits[word] as number) ^ flip) >>> (from & 31)) << (from & 31);
  while (value === 0) {
    word++;
    if (word === bits.length) return bits.length * 32;
    value = (bits[word] as number) ^ flip;
  }
  return word * 32 + 31 - Math.clz32(value & -value);
}

/** Set bits `[start, start + count)` of a bitmap on disk, bit 0 of a byte first; those past its end are left out. */
export function setBitmapRun(bitmap: Uint8Array, { start, count }: BlockRun): void {
  const end = start + count;
  let at = start;
  while (at < end && at % 8 !== 0) setBit(bitmap, at++);
  const whole = Math.floor((end - at) / 8);
  bitmap.fill(0xff, at / 8, at / 8 + whole);
  for (at += whole * 8; at < end; at++) setBit(bitmap, at);
}

function setBit(bitmap: Uint8Array, at: number): void {
  const byte = at >>> 3;
  if (byte < bitmap.length) bitmap[byte] = (bitmap[byte] ?? 0) | (1 << (at & 7));
}

/** The runs of set bits of a bitmap on disk, bit 0 of a byte first, ascending. Costs by words and runs, not by bits. */
export function* bitmapRuns(bitmap: Uint8Array): Generator<BlockRun> {
  const bits = bitmap.length * 8;
  for (let at = nextBitOfBytes(bitmap, 0, 0); at < bits; ) {
    const end = nextBitOfBytes(bitmap, at, 0xff);
    yield { start: at, count: end - at };
    at = nextBitOfBytes(bitmap, end, 0);
  }
}

/** First bit at or after `from` that is set (`flip` 0) or clear (`flip` 0xff); the number of bits where none is. */
function nextBitOfBytes(bitmap: Uint8Array, from: number, flip: number): number {
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
