/**
 * Binary search in anything that is sorted and can be asked by index.
 *
 * @param count number of items
 * @param isBefore whether the item at `index` is before the wanted position; true for the first items only
 * @returns index of the first item that is not before it; `count` where all are
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
