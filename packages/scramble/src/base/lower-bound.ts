/**
 * Binary search: how many of `count` elements come before what is searched for.
 *
 * @param isBefore whether the element at an index does; true for the first ones, false for all others
 * @returns index of the first element for which it is false; `count` when it never is
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
