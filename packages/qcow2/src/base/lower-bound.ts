/**
 * Binary search: the first of the indexes `[0, count)` for which `isBefore` is false.
 *
 * @param isBefore true for the first indexes, false for all others: the elements are in order
 * @returns `count` when it is true for all
 */
export function lowerBound(count: number, isBefore: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
