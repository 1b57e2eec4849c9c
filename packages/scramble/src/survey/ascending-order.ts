const DIGIT_BITS = 11;
const RADIX = 1 << DIGIT_BITS;

/**
 * The indexes of `keys` in ascending order of the keys; equal keys keep their order. A radix sort of digits of 11 bits:
 * block numbers have two or three digits.
 *
 * @param keys whole numbers, not negative
 */
export function ascendingOrder(keys: Float64Array): Uint32Array {
  const count = keys.length;
  let order = new Uint32Array(count);
  let next = new Uint32Array(count);
  let max = 0;
  for (let at = 0; at < count; at++) {
    order[at] = at;
    if ((keys[at] as number) > max) max = keys[at] as number;
  }
  for (let unit = 1; unit <= max; unit *= RADIX) {
    const positions = firstPositions(keys, unit);
    for (let at = 0; at < count; at++) {
      const key = order[at] as number;
      const digit = Math.floor((keys[key] as number) / unit) % RADIX;
      const position = positions[digit] as number;
      next[position] = key;
      positions[digit] = position + 1;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** For each digit, how many keys have a lower one. */
function firstPositions(keys: Float64Array, unit: number): Uint32Array {
  const positions = new Uint32Array(RADIX + 1);
  for (let at = 0; at < keys.length; at++) {
    const digit = Math.floor((keys[at] as number) / unit) % RADIX;
    positions[digit + 1] = (positions[digit + 1] as number) + 1;
  }
  for (let digit = 1; digit <= RADIX; digit++) {
    positions[digit] = (positions[digit] as number) + (positions[digit - 1] as number);
  }
  return positions;
}
