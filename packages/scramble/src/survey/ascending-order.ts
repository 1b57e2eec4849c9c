const DIGIT_BITS = 11;
const RADIX = 1 << DIGIT_BITS;

/**
 * The places of `keys` in ascending order of the keys, equal ones in the order they are in: a sort by digits, the lowest
 * first. Block numbers of a file system have two or three of them.
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
    const places = firstPlaces(keys, unit);
    for (let at = 0; at < count; at++) {
      const key = order[at] as number;
      const digit = Math.floor((keys[key] as number) / unit) % RADIX;
      const place = places[digit] as number;
      next[place] = key;
      places[digit] = place + 1;
    }
    [order, next] = [next, order];
  }
  return order;
}

/** How many keys have a lower digit, for each digit. */
function firstPlaces(keys: Float64Array, unit: number): Uint32Array {
  const places = new Uint32Array(RADIX + 1);
  for (let at = 0; at < keys.length; at++) {
    const digit = Math.floor((keys[at] as number) / unit) % RADIX;
    places[digit + 1] = (places[digit + 1] as number) + 1;
  }
  for (let digit = 1; digit <= RADIX; digit++) {
    places[digit] = (places[digit] as number) + (places[digit - 1] as number);
  }
  return places;
}
